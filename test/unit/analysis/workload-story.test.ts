import assert from 'node:assert/strict';
import type { Gain } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/counters.ts';
import { ownEdge } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/response-times.ts';
import {
  emptyComparisons,
  WorkloadStory,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/workload-story.ts';

/** Of these requests so many were within each edge, in milliseconds. */
function times(cluster: string, time: number, within: Record<string, number>): Gain[] {
  return Object.entries(within).map(([le, count]) => ({
    time,
    count,
    labels: { envoy_cluster_name: cluster, le },
  }));
}

describe("stable's own edge of slowness", () => {
  const rows: [what: string, within: Record<string, number>, edge: number | undefined][] = [
    ['the bucket of its p95', { 50: 900, 100: 940, 250: 960, '+Inf': 1000 }, 250],
    ['that bucket also where just 95 % are within it', { 50: 900, 100: 950, '+Inf': 1000 }, 100],
    ['25 ms where it is faster', { 1: 990, 5: 995, 25: 1000, 50: 1000, '+Inf': 1000 }, 25],
    ['not known from too few requests', { 25: 99, '+Inf': 99 }, undefined],
    ['not known without any', {}, undefined],
  ];
  for (const [what, within, edge] of rows) {
    it(`is ${what}`, () => assert.equal(ownEdge(times('web', 1, within)), edge));
  }
});

describe('the story of a workload', () => {
  const routes = [{ workload: 'web', stable: 'web', canary: 'web_canary' }];
  const story = (changes: { slowEdge?: number } = {}) =>
    new WorkloadStory({ routes, workloads: 1, width: 15, ...changes });
  const fast = { 25: 100, 50: 100, 500: 100, '+Inf': 100 };

  it('finds the edge from stable alone, and keeps it', () => {
    const web = story();
    assert.equal(web.slowEdge, undefined);
    web.addTimes(times('web_canary', 16, { 500: 1000, '+Inf': 1000 }));
    assert.equal(web.slowEdge, undefined, 'the canary says nothing of stable');
    web.addTimes(times('web', 16, fast));
    assert.equal(web.slowEdge, 25);
    assert.deepEqual(web.slowness.sofar.canary, { total: 1000, bad: 1000 }, 'what came before is told then');
    web.addTimes(times('web', 31, { 500: 5000, '+Inf': 5000 }));
    assert.equal(web.slowEdge, 25);
  });

  it('goes by the edge that it was given', () => {
    const web = story({ slowEdge: 500 });
    web.addTimes([...times('web', 16, fast), ...times('web_canary', 16, { 500: 7, '+Inf': 10 })]);
    assert.deepEqual(web.slowness.sofar.canary, { total: 10, bad: 3 });
  });

  it('needs more to be sure of each of many workloads than of one', () => {
    const isWorse = (workloads: number) => {
      const { errors } = emptyComparisons(workloads);
      const window = { canary: { total: 40, bad: 2 }, stable: { total: 800, bad: 8 } };
      for (let i = 0; i < 100; i++) {
        errors.see(window);
        if (errors.isWorse) return i;
      }
      return Number.POSITIVE_INFINITY;
    };
    assert.ok(isWorse(1) < isWorse(20), `${isWorse(1)} ${isWorse(20)}`);
  });
});
