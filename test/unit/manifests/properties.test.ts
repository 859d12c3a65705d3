import assert from 'node:assert/strict';
import fc from 'fast-check';
import { labelCauses, nameCauses } from '../../../sandbox/api-server/name-rules.ts';
import { deepFreeze } from '../../../sandbox/objects.ts';
import { podLabels } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/canary-labels.ts';
import {
  compareForGrouping,
  compareMappings,
  groupKey,
  groupWeights,
  type MappingObject,
  trafficShares,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import { serviceOf } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-twin.ts';
import { canaryName } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/names.ts';
import {
  selects,
  serviceSelects,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/selector.ts';
import {
  asRecord,
  asStringMap,
  identityOf,
  type KubeObject,
  refOf,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { CanaryPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { claim } from '../release/run.ts';
import { clusterOf, contents, prepare, type Trial, trialsOfAnyVersion } from './trial.ts';

interface Planned extends Trial {
  readonly plan: CanaryPlan;
  /** The Mappings that run, by their identity. */
  readonly mappings: ReadonlyMap<string, Mapping>;
}

type Mapping = KubeObject & MappingObject;

const asMapping = (object: KubeObject): Mapping => ({ ...object, spec: asRecord(object.spec) ?? {} });

/** Holds for the plan of any release of a new image. */
async function holds(check: (planned: Planned) => void): Promise<void> {
  let routes = 0;
  await fc.assert(
    fc.asyncProperty(trialsOfAnyVersion, async trial => {
      const cluster = clusterOf(trial);
      const { plan } = await prepare(deepFreeze(structuredClone(trial.manifests)), cluster);
      assert.ok(plan.kind === 'canary', plan.kind);
      routes += plan.routes.length;
      const mappings = ofKind([...cluster.objects.values()], 'Mapping').map(asMapping);
      check({ ...trial, plan, mappings: new Map(mappings.map(one => [identityOf(refOf(one)), one])) });
    }),
    { seed: 5, numRuns: 40 },
  );
  assert.ok(routes > 40, 'what is said of routes was said of some');
}

function pairs({ plan, mappings }: Planned): readonly { stable: Mapping; twin: Mapping }[] {
  return plan.routes.map(({ stable, twin }) => {
    const found = mappings.get(identityOf(stable));
    assert.ok(found !== undefined);
    return { stable: found, twin: asMapping(twin) };
  });
}

const canaryPods = ({ plan }: Planned) => plan.workloads.map(({ canary }) => podLabels(canary));
const ofKind = (objects: readonly KubeObject[], kind: string) =>
  objects.filter(object => object.kind === kind);

describe('The plan of any release', () => {
  it('gives each Mapping that routes to what changes a twin', () =>
    holds(planned => {
      const { plan, stable, mappings } = planned;
      const changed = new Set(plan.workloads.map(workload => workload.stable.name));
      const expected = stable.apps
        .filter(app => changed.has(app.deployment.metadata.name))
        .flatMap(app => [...app.mappings, ...ofKind(stable.shared, 'Mapping')])
        .map(mapping => identityOf(refOf(mapping)));
      assert.deepEqual(
        plan.routes.map(route => identityOf(route.stable)).sort(),
        [...new Set(expected)].sort(),
      );
      assert.ok(expected.every(identity => mappings.has(identity)));
    }));

  it('makes twins that Emissary weighs against their stable Mappings, by every rule', () =>
    holds(planned => {
      for (const { stable, twin } of pairs(planned)) {
        assert.deepEqual(compareForGrouping(stable, twin), { grouped: true });
        assert.ok(compareMappings(twin, stable) < 0, 'the twin sorts before the stable Mapping');
        for (const selectors of [[], [stable.metadata.labels ?? {}]])
          assert.equal(groupKey(twin, selectors), groupKey(stable, selectors));
      }
    }));

  it('makes twins that get the weight they are given, in a group without anybody else', () =>
    holds(planned => {
      const all = [...planned.mappings.values()];
      for (const { stable, twin } of pairs(planned)) {
        const key = groupKey(stable, []);
        const group = all.filter(other => groupKey(other, []) === key);
        assert.deepEqual(group, [stable]);
        for (const weight of [0, 1, 10, 50, 100]) {
          const { sums, error } = groupWeights([{ name: twin.metadata.name, weight }, { name: 'stable' }]);
          assert.deepEqual([trafficShares(sums), error], [[weight, 100 - weight], undefined]);
        }
      }
    }));

  it('copies a stable Mapping but for its name, service, weight and name in the metrics', () =>
    holds(planned => {
      const { plan } = planned;
      const canaryServices = plan.workloads.flatMap(({ services }) =>
        services.map(({ metadata }) => metadata.name),
      );
      for (const { stable, twin } of pairs(planned)) {
        const differing = Object.keys({ ...stable.spec, ...twin.spec }).filter(
          field => JSON.stringify(stable.spec[field]) !== JSON.stringify(twin.spec[field]),
        );
        const mayDiffer = ['service', 'weight', 'stats_name', 'v3StatsName'];
        assert.deepEqual(
          differing.filter(field => !mayDiffer.includes(field)),
          [],
        );
        assert.equal(twin.spec.weight, 0);
        const [from, to] = [String(stable.spec.service), String(twin.spec.service)];
        const target = serviceOf(twin)?.name ?? '';
        assert.ok(canaryServices.includes(target), `${to} is a Service of the canary`);
        assert.equal(to.replace(target, serviceOf(stable)?.name ?? ''), from);
        assert.deepEqual(
          { ...asStringMap(twin.metadata.labels), ...asStringMap(stable.metadata.labels) },
          asStringMap(twin.metadata.labels),
        );
      }
    }));

  it('has canary pods that no selector of stable picks, and stable pods that none of the canary picks', () =>
    holds(planned => {
      const { stable, manifests, plan } = planned;
      const both = [...stable.objects, ...manifests];
      for (const labels of canaryPods(planned)) {
        const picking = [
          ...ofKind(both, 'Deployment').filter(one => selects(valueAt(one, 'spec', 'selector'), labels)),
          ...ofKind(both, 'Service').filter(one => serviceSelects(one, labels)),
        ];
        assert.deepEqual(picking, []);
      }
      for (const labels of ofKind(both, 'Deployment').map(podLabels)) {
        const picking = plan.workloads.flatMap(({ canary, services }) => [
          ...(selects(valueAt(canary, 'spec', 'selector'), labels) ? [canary] : []),
          ...services.filter(service => serviceSelects(service, labels)),
        ]);
        assert.deepEqual(picking, []);
      }
    }));

  it('has canary pods that their own Deployment picks, and the Services whose like picks them as stable', () =>
    holds(({ plan, manifests }) => {
      for (const { canary, promoted } of plan.workloads) {
        for (const one of plan.workloads) {
          assert.equal(
            selects(valueAt(one.canary, 'spec', 'selector'), podLabels(canary)),
            one.canary === canary,
          );
          for (const service of one.services) {
            const like = ofKind(manifests, 'Service').find(
              ({ metadata }) => canaryName(metadata.name) === service.metadata.name,
            );
            assert.ok(like !== undefined);
            assert.equal(
              serviceSelects(service, podLabels(canary)),
              serviceSelects(like, podLabels(promoted)),
            );
          }
        }
      }
    }));

  it('gives valid names and labels to all that it makes, and one to no two different objects', () =>
    holds(({ plan, stable, manifests }) => {
      const made = [
        ...plan.workloads.flatMap(({ canary, services }) => [canary, ...services]),
        ...plan.routes.map(({ twin }) => twin),
      ];
      const causes = made.flatMap(object => [
        ...nameCauses(object.kind, object.metadata.name),
        ...labelCauses(object.metadata.labels, 'metadata.labels'),
        ...labelCauses(valueAt(object, 'spec', 'template', 'metadata', 'labels'), 'spec.template'),
        ...labelCauses(object.kind === 'Service' ? valueAt(object, 'spec', 'selector') : {}, 'spec.selector'),
      ]);
      assert.deepEqual(causes, []);
      for (const { canary } of plan.workloads) assert.ok(canary.metadata.name.length <= 63);
      // Two workloads behind one Service have one canary Service.
      const different = [...new Map(made.map(object => [JSON.stringify(object), object])).values()];
      const names = different.map(object => identityOf(refOf(object)));
      const taken = new Set([...stable.objects, ...manifests].map(object => identityOf(refOf(object))));
      assert.equal(new Set(names).size, names.length);
      assert.ok(names.every(name => !taken.has(name)));
    }));

  it('names in its record all that it may have to take back, and nothing of stable', () =>
    holds(({ plan, stable }) => {
      const { routes, canary, added } = recordFor(claim, plan);
      const named = new Set([...routes.map(({ twin }) => twin), ...canary, ...added].map(identityOf));
      const made = [
        ...plan.workloads.flatMap(workload => [workload.canary, ...workload.services]),
        ...plan.routes.map(({ twin }) => twin),
        ...plan.additions,
        ...plan.newWorkloads,
      ];
      assert.ok(made.every(object => named.has(identityOf(refOf(object)))));
      assert.ok(stable.objects.every(object => !named.has(identityOf(refOf(object)))));
    }));

  it('touches nothing: neither the cluster nor a Mapping of stable, then or later', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, async trial => {
        const cluster = clusterOf(trial);
        const before = contents(cluster);
        const { plan } = await prepare(trial.manifests, cluster);
        assert.deepEqual([contents(cluster), cluster.writes], [before, []]);
        assert.ok(plan.kind === 'canary');
        const later = [...plan.additions, ...plan.newWorkloads, ...plan.rest];
        assert.deepEqual(ofKind(later, 'Mapping'), []);
      }),
      { seed: 6, numRuns: 40 },
    ));
});
