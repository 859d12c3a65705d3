import assert from 'node:assert/strict';
import { answerComparison } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/comparison-check.ts';
import { emptyComparisons } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/workload-story.ts';
import type { ComparisonCheck } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';

type Arm = readonly [bad: number, total: number];

/** The answer after so many windows alike. */
function answer(
  check: ComparisonCheck,
  windows: number,
  [canary, stable]: readonly [Arm, Arm],
  { requests = 1000, slowEdge = 50 }: { requests?: number; slowEdge?: number | 'unknown' } = {},
): Measurement {
  const { errors, slowness } = emptyComparisons(1);
  const comparison = check.kind === 'errors-vs-stable' ? errors : slowness;
  const of = ([bad, total]: Arm) => ({ bad, total });
  for (let i = 0; i < windows; i++) comparison.see({ canary: of(canary), stable: of(stable) });
  const edge = slowEdge === 'unknown' ? undefined : slowEdge;
  return answerComparison(check, { comparison, slowEdge: edge, requests, minimumRequests: 50 });
}
const errors: ComparisonCheck = { kind: 'errors-vs-stable' };
const slowness: ComparisonCheck = { kind: 'slowness-vs-stable' };

describe('the answer to a comparison', () => {
  it('says what it knows when the canary is worse, and acts at once', () => {
    const { detail, ...rest } = answer(errors, 20, [
      [3, 97],
      [2, 1000],
    ]);
    assert.deepEqual(rest, {
      check: 'errors-vs-stable',
      verdict: 'fail',
      value: '3.09 %',
      reading: { unit: '%', value: (100 * 60) / 1940, stable: 0.2 },
      requests: 1940,
      actsAtOnce: true,
    });
    assert.match(detail ?? '', /^canary 3\.09 % errors, stable 0\.20 %; 99\.\d % sure it is worse$/);
  });

  it('says that nothing speaks against a good canary', () => {
    const good = answer(errors, 20, [
      [2, 1000],
      [2, 1000],
    ]);
    assert.deepEqual(
      [good.verdict, good.value, good.detail],
      ['pass', '0.20 %', 'canary 0.20 % errors, stable 0.20 %; no sign that it is worse'],
    );
  });

  it('tells of how many requests its value is: all since the first weight, and none where this weight has had none', () => {
    const windows: [Arm, Arm] = [
      [1, 100],
      [10, 1000],
    ];
    const few = answer(errors, 9, windows, { requests: 60 });
    assert.deepEqual([few.value, few.requests], ['1.00 %', 900]);
    const none = answer(errors, 9, windows, { requests: 0 });
    assert.deepEqual([none.value, none.requests], ['no requests', 0]);
  });

  it('says how sure it is before it is sure enough', () => {
    const { verdict, detail } = answer(errors, 7, [
      [1, 97],
      [3, 1000],
    ]);
    assert.equal(verdict, 'pass');
    assert.match(detail ?? '', /; [5-9]\d\.\d % sure it is worse$/);
  });

  it('says what slow is', () => {
    const slow = answer(slowness, 20, [
      [40, 100],
      [40, 1000],
    ]);
    assert.equal(slow.verdict, 'fail');
    assert.match(slow.detail ?? '', /^canary 40\.00 % slower than 50 ms, stable 4\.00 %; 99\.\d % sure/);
  });

  it('does not let what Envoy tells late hold anybody up', () => {
    const few = { requests: 7 } as const;
    const none: [[number, number], [number, number]] = [
      [0, 100],
      [0, 100],
    ];
    assert.equal(answer(slowness, 9, none, few).late, true);
    assert.equal(answer(slowness, 9, none).late, undefined);
    assert.equal(answer(errors, 9, none, few).late, undefined);
  });

  const open: [what: string, measurement: Measurement, value: string, detail: string | undefined][] = [
    [
      'no requests',
      answer(
        errors,
        0,
        [
          [0, 0],
          [0, 0],
        ],
        { requests: 0 },
      ),
      'no requests',
      undefined,
    ],
    [
      'too few requests at this weight, whatever there was before',
      answer(
        errors,
        9,
        [
          [0, 100],
          [0, 100],
        ],
        { requests: 7 },
      ),
      '0 %',
      '7 of the 50 requests that it takes at this weight',
    ],
    [
      'a stable without requests',
      answer(errors, 9, [
        [0, 100],
        [0, 0],
      ]),
      '0 %',
      'stable has answered nothing to compare with',
    ],
    [
      'a stable whose p95 is not known',
      answer(
        slowness,
        0,
        [
          [0, 0],
          [0, 0],
        ],
        { slowEdge: 'unknown' },
      ),
      'no requests',
      'stable has answered too few requests to know its own p95',
    ],
  ];
  for (const [what, measurement, value, detail] of open) {
    it(`is open where there is ${what}`, () => {
      assert.deepEqual(
        [measurement.verdict, measurement.value, measurement.detail],
        ['inconclusive', value, detail],
      );
    });
  }

  it('fails a canary that is surely worse, however few its requests are at this weight', () => {
    assert.equal(
      answer(
        errors,
        20,
        [
          [30, 40],
          [2, 1000],
        ],
        { requests: 3 },
      ).verdict,
      'fail',
    );
  });
});
