import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import {
  type PlannedObject,
  plannedObjects,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/planned-objects.ts';
import { readManifests } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/read-manifests.ts';
import {
  type KubeObject,
  nameOf,
  refOf,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { planYaml } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/plan-yaml.ts';
import type { RegistryCluster } from './registry-cluster.ts';
import { clusterOf, prepare, type Trial, trialsOfAnyVersion } from './trial.ts';
import { release } from './trial-run.ts';

/** What a release of the trial wrote: what it applied, the templates, first weights and minimums that it set, what it deleted. */
async function written(trial: Trial, cluster: RegistryCluster) {
  const applied: KubeObject[] = [];
  const templates = new Map<string, unknown>();
  const twins = new Map<string, unknown>();
  const minimums = new Map<string, unknown[]>();
  const deleted = new Set<string>();
  const real = {
    apply: cluster.apply.bind(cluster),
    patch: cluster.patch.bind(cluster),
    delete: cluster.delete.bind(cluster),
  };
  cluster.apply = (object, options) => {
    if (options?.dryRun !== true) applied.push(object);
    return real.apply(object, options);
  };
  cluster.patch = async (ref, operations, options) => {
    const result = await real.patch(ref, operations, options);
    if (options?.dryRun === true) return result;
    const name = nameOf(ref);
    for (const operation of operations) {
      if (operation.path === '/spec/template' && 'value' in operation) templates.set(name, operation.value);
      if (/^\/spec\/minReplica/.test(operation.path) && operation.op !== 'test') {
        minimums.set(name, [...(minimums.get(name) ?? []), result.spec]);
      }
      if (operation.path === '/spec/weight' && !twins.has(name)) twins.set(name, result.spec);
    }
    return result;
  };
  cluster.delete = ref => {
    deleted.add(nameOf(ref));
    return real.delete(ref);
  };
  const { ending } = await release(trial.manifests, cluster);
  assert.equal(ending.outcome, 'promoted', ending.reason);
  return { applied, templates, twins, minimums, deleted };
}

/** The file of a plan holds these very objects. */
function assertReadAsPlanned(planned: readonly PlannedObject[]): void {
  const { documents } = readManifests([{ path: 'plan.yaml', text: planYaml(planned) }]);
  const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  assert.deepEqual(
    documents.map(({ object }) => asJson(object)),
    planned.map(({ object }) => asJson(object)),
  );
}

describe('Any plan', () => {
  it('names every object that the release then writes and removes, as it writes it, and no other', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, async trial => {
        const cluster = clusterOf(trial);
        const { plan, surveyed } = await prepare(trial.manifests, cluster);
        const planned = plannedObjects(plan, surveyed).map(one => ({
          ...one,
          name: nameOf(refOf(one.object)),
        }));
        const { applied, templates, twins, minimums, deleted } = await written(trial, cluster);
        const held = planned.filter(({ before }) => before !== undefined);
        for (const { name, object, before } of held) {
          assert.deepEqual(minimums.get(name), [object.spec, before?.spec]);
        }
        assert.equal(minimums.size, held.length);
        for (const { when, name, object, before } of planned) {
          if (when === 'end' || before !== undefined) continue;
          const weighted = twins.get(name);
          const template = templates.get(name);
          const sent = applied.filter(one => nameOf(refOf(one)) === name);
          if (weighted !== undefined) assert.deepEqual(weighted, object.spec);
          else if (template !== undefined) assert.deepEqual(template, valueAt(object, 'spec', 'template'));
          else
            assert.ok(
              sent.some(one => isDeepStrictEqual(one, object)),
              name,
            );
        }
        const named = (...whens: readonly string[]) =>
          new Set(
            planned
              .filter(({ when, verb }) => whens.includes(`${when} ${verb}`) || whens.includes(when))
              .map(({ name }) => name),
          );
        const wrote = new Set([
          ...applied.map(object => nameOf(refOf(object))),
          ...templates.keys(),
          ...minimums.keys(),
        ]);
        assert.deepEqual(wrote, named('start', 'promotion'));
        assert.deepEqual(deleted, named('end remove'));
        assertReadAsPlanned(planned.filter(({ when }) => when === 'start'));
        assertReadAsPlanned(planned.filter(({ when }) => when === 'promotion'));
      }),
      { seed: 7, numRuns: 25 },
    ));
});
