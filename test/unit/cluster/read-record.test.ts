import assert from 'node:assert/strict';
import { readRecord } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/read-record.ts';
import { record } from './records.ts';

describe('a record as the cluster keeps it', () => {
  it('is read as it was written', () => {
    const whole = record('7', { phase: 'rolling-back', weight: 25 });
    assert.deepEqual(readRecord(JSON.stringify(whole)), whole);
    const [autoscaler = whole.canary[0]] = whole.canary;
    const holding = { ...whole, capacity: [{ autoscaler, field: 'minReplicaCount', raised: 4, was: 0 }] };
    assert.deepEqual(readRecord(JSON.stringify(holding)), holding);
    const { url: _, ...run } = whole.run;
    const bare = { ...whole, run, routes: [{ twin: whole.routes[0]?.twin }] };
    assert.deepEqual(readRecord(JSON.stringify(bare)), bare);
  });

  it('is not read where any part is not what it must be', () => {
    const whole = record('7');
    const wrong: object[] = [
      { version: 2 },
      { run: { id: '7' } },
      { run: { id: '7', title: 'x', url: 7 } },
      { state: 'asleep' },
      { state: 'constructor' },
      { phase: 'dancing' },
      { phase: 'constructor' },
      { weight: '5' },
      { weight: 0.5 },
      { release: null },
      { routes: {} },
      { routes: [{}] },
      { routes: [{ twin: whole.canary[0], stable: { name: 'x' } }] },
      { canary: ['web'] },
      { added: [{ apiVersion: 'v1', kind: 'Service', name: '' }] },
      { workloads: undefined },
      { kept: {} },
      { kept: [{ copy: whole.canary[0] }] },
      { kept: [{ original: whole.canary[0], copy: 'x' }] },
      { ran: 'x' },
      { ran: [{ workload: whole.canary[0] }] },
      { capacity: {} },
      { capacity: [{ autoscaler: whole.canary[0], field: 'replicas', raised: 4 }] },
      { capacity: [{ autoscaler: whole.canary[0], field: 'minReplicas', raised: '4' }] },
      { capacity: [{ autoscaler: whole.canary[0], field: 'minReplicas', raised: 4, was: null }] },
      { locks: undefined },
      { locks: [{ namespace: 'shop' }] },
    ];
    for (const part of wrong) {
      assert.equal(readRecord(JSON.stringify({ ...whole, ...part })), undefined, JSON.stringify(part));
    }
    for (const text of ['', 'null', '[]', '"x"', '{', '{}']) assert.equal(readRecord(text), undefined, text);
  });

  it('is read with how far it got, in each of its states', () => {
    for (const state of ['running', 'parked', 'held'] as const) {
      const whole = record('7', {
        state,
        digest: '0123456789abcdef',
        trial: 'fedcba9876543210',
        step: { index: 1, weight: 25, passed: true },
        evidence: '{}',
        unverified: ['Went on unverified at 5 %'],
        ended: { outcome: 'held', reason: 'At 25 %: success-rate' },
      });
      assert.deepEqual(readRecord(JSON.stringify(whole)), whole);
    }
  });

  it('is read without what is not sound of how far it got, so that what is there can still be taken back', () => {
    const whole = record('7');
    const wrong: object[] = [
      { digest: 'x' },
      { digest: ['0123456789abcdef'] },
      { trial: '' },
      { step: { index: 1, weight: 25 } },
      { step: { index: -1, weight: 25, passed: true } },
      { step: { index: 0.5, weight: 25, passed: true } },
      { step: { index: 1, weight: 101, passed: true } },
      { step: { index: 1, weight: 25, passed: 'yes' } },
      { evidence: {} },
      { evidence: 'x'.repeat(20_001) },
      { unverified: 'x' },
      { unverified: [1] },
      { ended: { outcome: 'won', reason: '' } },
      { ended: { outcome: 'held' } },
    ];
    for (const part of wrong) {
      assert.deepEqual(readRecord(JSON.stringify({ ...whole, ...part })), whole, JSON.stringify(part));
    }
  });
});
