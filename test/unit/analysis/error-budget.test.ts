import assert from 'node:assert/strict';
import {
  comparisonBudget,
  limitBudget,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/error-budget.ts';

describe('the false alarms of a release', () => {
  for (const [workloads, limits, steps] of [
    [1, 1, 3],
    [1, 2, 50],
    [4, 2, 10],
  ] as const) {
    it(`are at most 1 % in all, with ${workloads} workloads, ${limits} limits and ${steps} steps`, () => {
      let sum =
        workloads * (comparisonBudget('errors', { workloads }) + comparisonBudget('slowness', { workloads }));
      for (let step = 0; step < steps; step++) {
        sum += workloads * limits * limitBudget(step, { workloads, limits });
      }
      assert.ok(sum <= 0.01 + 1e-12 && sum > 0.0097, String(sum));
    });
  }
});
