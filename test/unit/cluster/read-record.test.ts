import assert from 'node:assert/strict';
import { readRecord } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/read-record.ts';
import { record } from './records.ts';

describe('a record as the cluster keeps it', () => {
  it('is read as it was written', () => {
    const whole = record('7', { phase: 'rolling-back', weight: 25 });
    assert.deepEqual(readRecord(JSON.stringify(whole)), whole);
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
      { state: 'parked' },
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
      { locks: undefined },
      { locks: [{ namespace: 'shop' }] },
    ];
    for (const part of wrong) {
      assert.equal(readRecord(JSON.stringify({ ...whole, ...part })), undefined, JSON.stringify(part));
    }
    for (const text of ['', 'null', '[]', '"x"', '{', '{}']) assert.equal(readRecord(text), undefined, text);
  });
});
