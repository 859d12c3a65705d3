import assert from 'node:assert/strict';
import fc from 'fast-check';
import { boundsOf, nextStep, type ReplicaCount } from '../../../sandbox/controllers/rollout.ts';
import { webDeployment } from './objects.ts';

const rolling = (replicas: number, maxSurge: unknown, maxUnavailable: unknown) =>
  webDeployment(
    {},
    { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } },
  );

describe('the bounds of a rolling update', () => {
  const rows: [
    replicas: number,
    surge: unknown,
    unavailable: unknown,
    maxSurge: number,
    maxUnavailable: number,
  ][] = [
    [4, '25%', '25%', 1, 1],
    [10, '25%', '25%', 3, 2],
    [3, '25%', '25%', 1, 0],
    [4, 1, 0, 1, 0],
    [1, '0%', '50%', 0, 1],
    [4, 0, '10%', 0, 1],
  ];
  for (const [replicas, surge, unavailable, maxSurge, maxUnavailable] of rows) {
    it(`are +${maxSurge} and -${maxUnavailable} for ${replicas} replicas with ${surge} and ${unavailable}`, () => {
      assert.deepEqual(boundsOf(rolling(replicas, surge, unavailable)), { maxSurge, maxUnavailable });
    });
  }
});

/** Rolls from an old to a new ReplicaSet; after each step `ready` says how many of the new pods are available. */
function roll(
  replicas: number,
  maxSurge: number,
  maxUnavailable: number,
  ready: (created: number) => number,
) {
  let current: ReplicaCount = { name: 'new', replicas: 0, available: 0 };
  let old: ReplicaCount = { name: 'old', replicas, available: replicas };
  const seen: { total: number; available: number }[] = [];
  for (let i = 0; i < 1000; i++) {
    const steps = nextStep(replicas, { maxSurge, maxUnavailable }, current, [old]);
    const size = (set: ReplicaCount) => steps.get(set.name) ?? set.replicas;
    const before = JSON.stringify([current, old]);
    old = { ...old, replicas: size(old), available: Math.min(old.available, size(old)) };
    current = {
      ...current,
      replicas: size(current),
      available: Math.min(ready(size(current)), size(current)),
    };
    seen.push({ total: current.replicas + old.replicas, available: current.available + old.available });
    if (before === JSON.stringify([current, old])) return { current, old, seen };
  }
  throw new Error('the rollout does not end');
}

describe('a rolling update', () => {
  it('never leaves its bounds and always ends with the new pods only', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(5), fc.nat(5), (replicas, maxSurge, most) => {
        const maxUnavailable = Math.min(replicas, maxSurge === 0 ? Math.max(1, most) : most);
        const { current, old, seen } = roll(replicas, maxSurge, maxUnavailable, created => created);
        assert.deepEqual([current.replicas, old.replicas], [replicas, 0]);
        for (const { total, available } of seen) {
          assert.ok(total <= replicas + maxSurge, `${total} pods of ${replicas} + ${maxSurge}`);
          assert.ok(
            available >= replicas - maxUnavailable,
            `${available} available of ${replicas} - ${maxUnavailable}`,
          );
        }
      }),
    );
  });

  it('stops where new pods do not get ready, with enough old ones left', () => {
    const { current, old } = roll(4, 1, 0, () => 0);
    assert.deepEqual([current.replicas, old.replicas], [1, 4]);
  });

  it('does nothing while even fewer pods than allowed are available', () => {
    const current = { name: 'new', replicas: 5, available: 0 };
    const old = { name: 'old', replicas: 7, available: 7 };
    assert.deepEqual([...nextStep(10, { maxSurge: 2, maxUnavailable: 2 }, current, [old])], []);
  });

  it('ends old pods that are not available first', () => {
    const current = { name: 'new', replicas: 2, available: 2 };
    const broken = { name: 'broken', replicas: 2, available: 0 };
    const healthy = { name: 'healthy', replicas: 1, available: 1 };
    const steps = nextStep(4, { maxSurge: 1, maxUnavailable: 1 }, current, [healthy, broken]);
    assert.deepEqual([...steps], [['broken', 0]]);
  });
});
