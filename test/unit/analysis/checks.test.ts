import assert from 'node:assert/strict';
import {
  answerCheck,
  type Terms,
  unanswered,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/checks.ts';
import type { Counted } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/counters.ts';
import {
  emptyComparisons,
  type Story,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/workload-story.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { Check } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';

const successRate: Check = { kind: 'success-rate', minimumPercent: 99 };
const latency = (quantile: number, milliseconds: number): Check => ({
  kind: 'latency',
  quantile,
  limit: Duration.milliseconds(milliseconds),
});

function codes(counts: Record<string, number>): Counted[] {
  return Object.entries(counts).map(([envoy_response_code_class, count]) => ({
    labels: { envoy_response_code_class },
    count,
  }));
}

/** Cumulative buckets from how many requests fell into each. */
function buckets(within: Record<string, number>): Counted[] {
  let count = 0;
  return ['0.5', '1', '5', '10', '25', '50', '100', '250', '500', '1000', '3600000', '+Inf'].map(le => {
    count += within[le] ?? 0;
    return { labels: { le }, count };
  });
}

/** Nothing is known of the past. */
function termsOf(checks: readonly Check[], story: Story = { ...emptyComparisons(1), slowEdge: 250 }): Terms {
  return { checks, minimumRequests: 50, workloads: 1, step: 0, story };
}

const rows: [
  what: string,
  check: Check,
  canary: Counted[],
  stable: Counted[],
  expected: Partial<Measurement>,
][] = [
  [
    'a good success rate',
    successRate,
    codes({ 2: 1000, 3: 100, 4: 102, 5: 2 }),
    [],
    { verdict: 'pass', value: '99.83 %', limit: '≥ 99 %', requests: 1204, failed: 2, actsAtOnce: true },
  ],
  ['a perfect one', successRate, codes({ 2: 60 }), [], { verdict: 'pass', value: '100 %', failed: 0 }],
  [
    'no requests, which are neither success nor failure',
    successRate,
    [],
    codes({ 2: 1000 }),
    { verdict: 'inconclusive', value: 'no requests', requests: 0, failed: 0 },
  ],
  [
    'only failures, which are no lack of data',
    successRate,
    codes({ 5: 50 }),
    codes({ 2: 1000 }),
    { verdict: 'fail', value: '0 %', requests: 50, failed: 50 },
  ],
  [
    'too few requests',
    successRate,
    codes({ 2: 12 }),
    [],
    { verdict: 'inconclusive', value: '100 %', detail: '12 of the 50 requests that it takes at this weight' },
  ],
  [
    'one failure in 50',
    successRate,
    codes({ 2: 49, 5: 1 }),
    [],
    { verdict: 'inconclusive', value: '98.00 %', detail: 'beyond the limit, but 1 of 50 may be chance' },
  ],
  [
    'failures of both versions',
    successRate,
    codes({ 2: 900, 5: 100 }),
    codes({ 2: 9000, 5: 1000 }),
    {
      verdict: 'inconclusive',
      value: '90.00 %',
      detail: 'stable fails as well: 90.00 %',
      goesOn: 'at-once',
    },
  ],
  [
    'a value that is short of a limit with many decimals',
    { kind: 'success-rate', minimumPercent: 99.995 },
    codes({ 2: 99_997, 5: 3 }),
    [],
    { verdict: 'pass', value: '99.997 %', limit: '≥ 99.995 %' },
  ],
  [
    'a good latency',
    latency(0.95, 500),
    buckets({ 100: 900, 250: 80, 500: 15, 1000: 5 }),
    [],
    { verdict: 'pass', value: 'p95 194 ms', limit: '< 500 ms', requests: 1000, failed: 5 },
  ],
  [
    'a bad latency',
    latency(0.95, 250),
    buckets({ 100: 500, 500: 500 }),
    [],
    { verdict: 'fail', value: 'p95 475 ms', limit: '< 250 ms', requests: 1000, failed: 500 },
  ],
  [
    'a limit between two edges, judged at the upper one and saying so',
    latency(0.99, 300),
    buckets({ 100: 900, 500: 100 }),
    [],
    {
      verdict: 'pass',
      value: 'p99 475 ms',
      limit: '< 500 ms (300 ms rounded to a bucket of Envoy)',
      failed: 0,
    },
  ],
  [
    'a slow request too many, which may be chance',
    latency(0.95, 100),
    buckets({ 50: 94, 250: 6 }),
    [],
    { verdict: 'inconclusive', value: 'p95 125 ms', detail: 'beyond the limit, but 6 of 100 may be chance' },
  ],
  [
    'requests beyond the last bucket',
    latency(0.5, 500),
    buckets({ '+Inf': 100 }),
    [],
    { verdict: 'fail', value: 'p50 over 3 600 000 ms' },
  ],
  [
    'a fast service',
    latency(0.999, 500),
    buckets({ '0.5': 10_000 }),
    [],
    { verdict: 'pass', value: 'p99.9 0.5 ms' },
  ],
  ['no times', latency(0.95, 500), [], [], { verdict: 'inconclusive', value: 'no requests', requests: 0 }],
  [
    'times while nobody called',
    latency(0.95, 500),
    buckets({}),
    buckets({ 100: 90 }),
    { verdict: 'inconclusive', value: 'no requests', requests: 0 },
  ],
  [
    'labels as Prometheus 3 writes them',
    latency(0.5, 250),
    [
      { labels: { le: '1.0' }, count: 0 },
      { labels: { le: '250.0' }, count: 60 },
      { labels: { le: '3.6e+06' }, count: 60 },
      { labels: { le: '+Inf' }, count: 60 },
    ],
    [],
    { verdict: 'pass', requests: 60, failed: 0 },
  ],
  [
    'histograms without the edge',
    latency(0.95, 500),
    [{ labels: { le: '+Inf' }, count: 100 }],
    [],
    { verdict: 'error', value: 'no answer', limit: '< 500 ms' },
  ],
  [
    'the buckets of several pods, summed',
    latency(0.95, 500),
    [...buckets({ 100: 50 }), ...buckets({ 1000: 50 })],
    [],
    { verdict: 'fail', requests: 100, failed: 50 },
  ],
];

describe('answerCheck', () => {
  for (const [what, check, canary, stable, expected] of rows) {
    it(`answers ${what}`, () => {
      const measurement = answerCheck(check, { canary, stable }, termsOf([check]));
      assert.deepEqual({ ...measurement, ...expected }, measurement);
      assert.equal(measurement.check, check.kind);
      if (expected.detail === undefined && measurement.verdict !== 'error')
        assert.equal(measurement.detail, undefined);
    });
  }

  /** Both versions were seen with so many bad requests in each of 20 windows. */
  function storyOf(
    canary: readonly [bad: number, total: number],
    stable: readonly [bad: number, total: number],
  ) {
    const story = { ...emptyComparisons(1), slowEdge: 250 };
    for (let i = 0; i < 20; i++) {
      story.errors.see({
        canary: { bad: canary[0], total: canary[1] },
        stable: { bad: stable[0], total: stable[1] },
      });
    }
    return story;
  }
  const compared: readonly Check[] = [successRate, { kind: 'errors-vs-stable' }];
  const alike = storyOf([1, 100], [5, 500]);
  const goesOn = (canary: Counted[], stable: Counted[], terms: Terms) =>
    answerCheck(successRate, { canary, stable }, terms).goesOn;

  it('lets a share beyond the limit go on where it may be chance and stable is no better', () => {
    const few = codes({ 2: 49, 5: 1 });
    const many = codes({ 2: 989, 5: 11 });
    const good = codes({ 2: 10_000 });
    assert.equal(goesOn(few, good, termsOf(compared, alike)), 'after-waiting');
    assert.equal(goesOn(many, good, termsOf(compared, alike)), 'at-once');
    assert.equal(goesOn(few, good, termsOf([successRate], alike)), undefined, 'not compared');
    assert.equal(goesOn(few, good, termsOf(compared)), undefined, 'nothing to compare yet');
    assert.equal(goesOn(few, good, termsOf(compared, storyOf([10, 100], [0, 500]))), undefined, 'worse');
  });

  it('excuses a canary beyond the limit where stable is surely, or compared and no worse, on that side as well', () => {
    const canary = codes({ 2: 900, 5: 100 });
    const barely = codes({ 2: 989, 5: 11 });
    assert.equal(goesOn(canary, barely, termsOf(compared, alike)), 'at-once');
    assert.equal(goesOn(canary, barely, termsOf([successRate])), undefined, 'stable may be by chance');
    assert.equal(goesOn(canary, codes({ 2: 900, 5: 100 }), termsOf([successRate])), 'at-once');
    assert.equal(goesOn(canary, codes({ 2: 9, 5: 1 }), termsOf(compared, alike)), undefined, 'too few');
    assert.equal(goesOn(canary, codes({ 2: 1000 }), termsOf(compared, alike)), undefined, 'stable is fine');
  });

  it('takes the bursts that a version is known to have into account', () => {
    const past = emptyComparisons(1);
    for (let i = 0; i < 100; i++) {
      const bad = i % 5 === 0 ? 20 : 0;
      past.errors.see({ canary: { bad: 0, total: 0 }, stable: { bad, total: 1000 } });
    }
    const burst = { canary: codes({ 2: 380, 5: 20 }), stable: codes({ 2: 4000 }) };
    assert.equal(answerCheck(successRate, burst, termsOf([successRate])).verdict, 'fail');
    const known = termsOf([successRate], { ...past, slowEdge: 250 });
    assert.equal(answerCheck(successRate, burst, known).verdict, 'inconclusive');
  });

  it('answers a comparison from the story, once the weight has brought enough', () => {
    const story = storyOf([4, 100], [1, 500]);
    const requests = { canary: codes({ 2: 70, 5: 2 }), stable: [] };
    const errors = answerCheck({ kind: 'errors-vs-stable' }, requests, termsOf(compared, story));
    assert.deepEqual([errors.verdict, errors.value, errors.requests], ['fail', '4.00 %', 2000]);
    const times = { canary: buckets({ 100: 70 }), stable: buckets({ 100: 700 }) };
    const slowness = answerCheck({ kind: 'slowness-vs-stable' }, times, termsOf(compared, story));
    assert.deepEqual(
      [slowness.verdict, slowness.detail],
      ['inconclusive', 'stable has answered nothing to compare with'],
      'there are enough times, and the story has none yet',
    );
  });

  it('says why there is no answer', () => {
    assert.deepEqual(unanswered(successRate, 'Prometheus is gone'), {
      check: 'success-rate',
      verdict: 'error',
      value: 'no answer',
      limit: '≥ 99 %',
      detail: 'Prometheus is gone',
      actsAtOnce: true,
    });
  });
});
