import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  identityOf,
  type KubeObject,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { releaseLabel } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import type { Fault, RegistryCluster } from './registry-cluster.ts';
import { clusterOf, contents, prepare, spec, specByPods, type Trial, trialsOfAnyVersion } from './trial.ts';
import { release, releaseAfter, type Trouble } from './trial-run.ts';

const runs = { seed: 7, numRuns: 30 };
/** The requests of most releases: beyond them nothing goes wrong. */
const anyTime = fc.nat(60);

/** The new version is stable, nothing of the canary is left, and the same release once more has nothing to do. */
async function assertPromoted(
  { manifests, stable }: Trial,
  cluster: RegistryCluster,
  by = spec,
): Promise<void> {
  assert.equal((await prepare(manifests, cluster, by)).plan.kind, 'unchanged');
  const after = [...cluster.objects.values()].filter(({ kind }) => kind !== 'Namespace');
  assert.deepEqual(
    after.filter(({ metadata }) => metadata.labels?.[releaseLabel] !== undefined),
    [],
  );
  const names = (objects: readonly KubeObject[]) =>
    [...new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`))].sort();
  assert.deepEqual(names(after), names([...stable.objects, ...manifests]));
}

/** Ends with the new version or with all as it was, at once or, where it had to leave something, with the next run. */
async function assertEndsCleanly(trial: Trial, trouble: Trouble, by = spec): Promise<void> {
  const cluster = clusterOf(trial);
  const before = contents(cluster);
  const run = await release(trial.manifests, cluster, trouble, by);
  const { outcome, leftovers, reason } = run.ending;
  if (leftovers.length > 0) {
    const { ending } = await releaseAfter(run, trial.manifests, cluster, by);
    assert.deepEqual(ending.leftovers, [], ending.reason);
    await assertPromoted(trial, cluster, by);
  } else if (outcome === 'promoted') {
    await assertPromoted(trial, cluster, by);
  } else {
    assert.deepEqual(contents(cluster), before, reason);
  }
}

describe('Any release', () => {
  it('has nothing to do where the stable version is released again', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, async trial => {
        const cluster = clusterOf(trial);
        assert.equal((await prepare(trial.stable.objects, cluster)).plan.kind, 'unchanged');
      }),
      runs,
    ));

  it('promotes, leaves what the manifests say and no more, and the same one once more has nothing to do', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, async trial => {
        const cluster = clusterOf(trial);
        const { ending } = await release(trial.manifests, cluster);
        assert.deepEqual([ending.outcome, ending.leftovers], ['promoted', []], ending.reason);
        await assertPromoted(trial, cluster);
      }),
      runs,
    ));

  it('sends an object that it does not understand as it was written', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, async trial => {
        const cluster = clusterOf(trial);
        await release(trial.manifests, cluster);
        const widgets = trial.manifests.filter(({ kind }) => kind === 'Widget');
        const stored = contents(cluster);
        for (const widget of widgets) assert.deepEqual(stored[identityOf(refOf(widget))], widget);
      }),
      runs,
    ));

  it('never writes a Mapping of stable', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, anyTime, async (trial, failsAt) => {
        const cluster = clusterOf(trial);
        await release(trial.manifests, cluster, { failsAt });
        const stables = new Set(
          trial.stable.objects.map(({ kind, metadata }) => `${kind} shop/${metadata.name}`),
        );
        const written = cluster.writes.map(write => write.split(' ').slice(1, 3).join(' '));
        assert.deepEqual(
          written.filter(name => name.startsWith('Mapping ') && stables.has(name)),
          [],
        );
      }),
      runs,
    ));

  it('restores the exact objects where a check fails', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, fc.nat(3), async (trial, failsAt) => {
        const cluster = clusterOf(trial);
        const before = contents(cluster);
        const { ending } = await release(trial.manifests, cluster, { failsAt });
        assert.deepEqual([ending.outcome, ending.leftovers], ['rolled-back', []], ending.reason);
        assert.deepEqual(contents(cluster), before);
      }),
      runs,
    ));

  const faults = fc.record({
    count: anyTime,
    when: fc.constantFrom<Fault>('before', 'after'),
    lasts: fc.boolean(),
  });
  it('ends cleanly, or the next one ends it, whatever request fails', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, faults, (trial, faultAt) => assertEndsCleanly(trial, { faultAt })),
      runs,
    ));

  it('ends cleanly, or the next one ends it, whenever it is cancelled', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, anyTime, (trial, cancelAt) =>
        assertEndsCleanly(trial, { cancelAt }),
      ),
      runs,
    ));

  const fewer = { ...runs, numRuns: 15 };
  it('by pods ends cleanly, or the next one ends it, whatever request fails', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, faults, (trial, faultAt) =>
        assertEndsCleanly(trial, { faultAt }, specByPods),
      ),
      fewer,
    ));

  it('by pods ends cleanly, or the next one ends it, whenever it is cancelled', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, anyTime, (trial, cancelAt) =>
        assertEndsCleanly(trial, { cancelAt }, specByPods),
      ),
      fewer,
    ));

  it('by pods promotes or restores the exact objects, and writes no Mapping and no Service for it', () =>
    fc.assert(
      fc.asyncProperty(trialsOfAnyVersion, fc.nat(6), async (trial, failsAt) => {
        const cluster = clusterOf(trial);
        const before = contents(cluster);
        const { ending } = await release(trial.manifests, cluster, { failsAt }, specByPods);
        assert.deepEqual(ending.leftovers, [], ending.reason);
        if (ending.outcome === 'promoted') return assertPromoted(trial, cluster, specByPods);
        assert.deepEqual(contents(cluster), before);
        assert.deepEqual(
          cluster.writes.filter(write => / (Mapping|AmbassadorMapping|Service) .*-canary/.test(write)),
          [],
        );
      }),
      fewer,
    ));
});
