import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  closestPods,
  percentOf,
  type SurgeLimit,
  shareText,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/pod-share.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';

const weights = fc.integer({ min: 1, max: 100 });
const limits: fc.Arbitrary<SurgeLimit> = fc.oneof(
  fc.constant('auto' as const),
  fc.integer({ min: 1, max: 60 }),
);

describe('the number of canary pods', () => {
  const rows: readonly [stable: number, percent: number, limit: SurgeLimit, pods: number, text: string][] = [
    [4, 25, 'auto', 1, '25 % asked, 20 % reached: 1 of 5 pods'],
    [4, 20, 'auto', 1, '20 % asked, 20 % reached: 1 of 5 pods'],
    [4, 50, 'auto', 4, '50 % asked, 50 % reached: 4 of 8 pods'],
    [4, 75, 'auto', 4, '75 % asked, 50 % reached: 4 of 8 pods'],
    [4, 75, 12, 12, '75 % asked, 75 % reached: 12 of 16 pods'],
    [4, 50, 2, 2, '50 % asked, 33.3 % reached: 2 of 6 pods'],
    [4, 10, 'auto', 1, '10 % asked, 20 % reached: 1 of 5 pods'],
    [10, 5, 'auto', 1, '5 % asked, 9.1 % reached: 1 of 11 pods'],
    [4, 100, 'auto', 4, '100 % asked, 50 % reached: 4 of 8 pods'],
    [1, 5, 'auto', 1, '5 % asked, 50 % reached: 1 of 2 pods'],
    [0, 5, 'auto', 1, '5 % asked, 100 % reached: 1 of 1 pod'],
    [0, 100, 'auto', 1, '100 % asked, 100 % reached: 1 of 1 pod'],
  ];
  for (const [stable, percent, limit, pods, text] of rows) {
    it(`is ${pods} for ${percent} % beside ${stable} of stable, at most ${limit}`, () => {
      const weight = Weight.of(percent);
      const canary = closestPods(stable, weight, limit);
      assert.equal(canary, pods);
      assert.equal(shareText(weight, { canary, all: stable + canary }), text);
    });
  }

  it('is nothing of no pods', () => {
    assert.equal(percentOf({ canary: 0, all: 0 }), 0);
  });

  it('is never none, never above the limit, and none that is allowed comes closer to the weight', () => {
    fc.assert(
      fc.property(fc.nat(60), weights, limits, (stable, percent, limit) => {
        const weight = Weight.of(percent);
        const most = Math.max(1, limit === 'auto' ? stable : limit);
        const canary = closestPods(stable, weight, limit);
        assert.ok(Number.isInteger(canary) && canary >= 1 && canary <= most, `${canary} pods`);
        const miss = (pods: number) => Math.abs(percentOf({ canary: pods, all: stable + pods }) - percent);
        for (let other = 1; other <= most; other++) {
          // Shares are fractions: what differs in the last digits only is as close.
          assert.ok(miss(canary) <= miss(other) + 1e-9, `${other} pods come closer than ${canary}`);
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('never falls as the weight rises', () => {
    fc.assert(
      fc.property(fc.nat(60), weights, limits, (stable, percent, limit) => {
        const lower = closestPods(stable, Weight.of(percent), limit);
        assert.ok(closestPods(stable, Weight.of(Math.min(100, percent + 1)), limit) >= lower);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
