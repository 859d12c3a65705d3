import assert from 'node:assert/strict';
import type { ObjectRef } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import {
  isSameRelease,
  mergeRecords,
  recordGoingOn,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/merge-records.ts';
import type { CapacityHold } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import type { ReleaseRecord } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';

const ref = (kind: string, name: string): ObjectRef => ({ apiVersion: 'v1', kind, name, namespace: 'shop' });

/** What a run left of one workload. */
function left(name: string, more: Partial<ReleaseRecord> = {}): ReleaseRecord {
  return {
    version: 1,
    run: { id: `run of ${name}`, title: `run of ${name}` },
    state: 'running',
    phase: 'stepping',
    weight: 10,
    startedAt: `start of ${name}`,
    release: name,
    digest: 'd',
    trial: 't',
    step: { index: 0, weight: 10, passed: true },
    evidence: 'e',
    unverified: ['u'],
    routes: [{ twin: ref('Mapping', `${name}-canary`) }],
    canary: [ref('Deployment', `${name}-canary`)],
    added: [ref('Service', `${name}-new`)],
    workloads: [ref('Deployment', name)],
    locks: [{ namespace: 'shop', name }],
    ...more,
  };
}

const merged = (...records: ReleaseRecord[]) => mergeRecords(records) ?? assert.fail('no record');
const names = (refs: readonly ObjectRef[]) => refs.map(({ name }) => name);

describe('what several runs left', () => {
  it('is nothing where none left anything, and as it is where one did', () => {
    assert.equal(mergeRecords([]), undefined);
    assert.deepEqual(mergeRecords([left('web')]), left('web'));
  });

  it('is one record of all their objects, which nobody can go on with', () => {
    const kept = (name: string) => ({ kept: [{ original: ref('ConfigMap', name) }] });
    const shared = ref('ConfigMap', 'shared-canary');
    const one = merged(
      left('web', { canary: [shared, ref('Deployment', 'web-canary')], ...kept('web-settings') }),
      left('api', { canary: [ref('Deployment', 'api-canary'), shared], ...kept('api-settings') }),
      left('cart'),
    );
    assert.deepEqual(names(one.canary), ['shared-canary', 'web-canary', 'api-canary', 'cart-canary']);
    assert.deepEqual(names(one.routes.map(({ twin }) => twin)), ['web-canary', 'api-canary', 'cart-canary']);
    assert.deepEqual(names(one.added), ['web-new', 'api-new', 'cart-new']);
    assert.deepEqual(names(one.workloads), ['web', 'api', 'cart']);
    assert.deepEqual(names((one.kept ?? []).map(({ original }) => original)), [
      'web-settings',
      'api-settings',
    ]);
    const { digest, trial, step, evidence, unverified } = one;
    assert.deepEqual(
      [digest, trial, step, evidence, unverified],
      [undefined, undefined, undefined, undefined, undefined],
    );
    assert.equal(merged(left('web'), left('api')).kept, undefined, 'absent where there is none');
  });

  it('asks for the most care that one of them asks for', () => {
    const highest = (...weights: number[]) =>
      merged(...weights.map((weight, index) => left(`${index}`, { weight }))).weight;
    assert.deepEqual([highest(10, 50, 25), highest(50, 10, 25)], [50, 50]);

    const promoting = left('api', { phase: 'promoting' });
    const rolling = left('web', { phase: 'rolling-back' });
    assert.equal(merged(rolling, promoting).phase, 'promoting');
    assert.equal(merged(promoting, rolling).phase, 'promoting');
    assert.equal(merged(rolling, left('api')).phase, 'rolling-back');

    const parked = left('api', { state: 'parked' });
    for (const records of [
      [left('web'), parked],
      [parked, left('web')],
    ]) {
      const { state, run } = merged(...records);
      assert.deepEqual([state, run], ['parked', parked.run], 'and says whose it is');
    }
  });

  it('has each autoscaler restored to the minimum that was noted first', () => {
    const hold = (name: string, was: number): CapacityHold => ({
      autoscaler: { ...ref('HorizontalPodAutoscaler', name), apiVersion: 'autoscaling/v2' },
      field: 'minReplicas',
      raised: 9,
      was,
    });
    const of = (...capacity: CapacityHold[]) => ({ capacity });
    const { capacity } = merged(
      left('web', of(hold('web', 1))),
      left('api', of(hold('web', 5), hold('api', 2))),
    );
    assert.deepEqual(capacity, [hold('web', 1), hold('api', 2)]);
    assert.equal(merged(left('web'), left('api')).capacity, undefined, 'absent where none is held');
  });

  it('is what the first says of a release that several Leases tell of', () => {
    const first = left('web');
    const { startedAt } = first;
    assert.deepEqual(merged(first, left('web', { startedAt, weight: 90 })), first);
    assert.equal(isSameRelease(first, left('web', { startedAt: 'later' })), false);
    assert.equal(isSameRelease(first, left('api', { startedAt })), false);
    assert.equal(merged(first, left('web', { startedAt: 'later', weight: 90 })).weight, 90);
  });
});

describe('the record of a run that goes on', () => {
  const own = left('web', {
    run: { id: 'own', title: 'own' },
    locks: [{ namespace: 'shop', name: 'own' }],
    digest: 'own',
    trial: 'own',
    weight: 0,
    canary: [ref('Service', 'web-canary')],
  });

  it('stands where the other stood, with all that either may have made, and is its own', () => {
    const ended = { outcome: 'live', reason: 'parked' } as const;
    const dead = left('web', { state: 'parked', weight: 50, phase: 'stepping', ended });
    const record = recordGoingOn(dead, own);
    const { run, locks, digest, trial, state, weight, step, evidence, startedAt } = record;
    assert.deepEqual([run, locks, digest, trial], [own.run, own.locks, 'own', 'own']);
    assert.deepEqual([state, weight, record.ended], ['running', 50, undefined]);
    assert.deepEqual([step, evidence, startedAt], [dead.step, dead.evidence, dead.startedAt]);
    assert.deepEqual(
      record.canary.map(({ kind }) => kind),
      ['Deployment', 'Service'],
    );
  });

  it('keeps the digests of the other where it has none itself', () => {
    const { digest: _, trial: __, ...without } = own;
    const { digest, trial } = recordGoingOn(left('web'), without);
    assert.deepEqual([digest, trial], ['d', 't']);
  });
});
