import assert from 'node:assert/strict';
import { BackOff } from '../../../rig/kubelet/back-off.ts';

describe('the back-off of the kubelet stand-in', () => {
  const policy = { firstMs: 1_000, longestMs: 5_000 };

  it('restarts at once the first time, then doubles the wait up to the longest', () => {
    const backOff = new BackOff(policy);
    const waits = [1, 2, 3, 4, 5, 6].map(() => backOff.afterExit(10));
    assert.deepEqual(waits, [0, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  it('begins anew after a run of twice the longest wait', () => {
    const backOff = new BackOff(policy);
    for (let exit = 0; exit < 4; exit++) backOff.afterExit(10);
    assert.equal(backOff.afterExit(9_999), 5_000);
    assert.equal(backOff.afterExit(10_000), 0);
    assert.equal(backOff.afterExit(10), 1_000);
  });

  it('never pulls a failing image again at once', () => {
    const backOff = new BackOff(policy);
    assert.deepEqual([backOff.afterFailedPull(), backOff.afterFailedPull()], [1_000, 2_000]);
  });
});
