import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  answerOwnCheck,
  ownUnanswered,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/own-check-verdict.ts';
import type { QueryResult } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import type {
  OnNoData,
  OwnCheck,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/own-check.ts';

const page = readFileSync(new URL('../../../docs/checks.md', import.meta.url), 'utf8');

function vector(values: readonly number[], warnings: readonly string[] = []): QueryResult {
  const series = values.map((value, i) => ({ labels: { pod: `web-${i}` }, sample: { time: 1, value } }));
  return { type: 'vector', series, warnings };
}

const partial = 'No StoreAPIs matched: partial response';
const info = 'PromQL info: metric might not be a counter, name does not end in _total: "x" (1:6)';

/** What the page calls an answer. */
const answers: Readonly<Record<string, QueryResult | undefined>> = {
  '80': vector([80]),
  '100': vector([100]),
  '100.000001': vector([100.000001]),
  '4': vector([4]),
  '80 and 120': vector([80, 120]),
  '80 and 90': vector([80, 90]),
  nothing: vector([]),
  NaN: vector([Number.NaN]),
  '80 and NaN': vector([80, Number.NaN]),
  '120 and NaN': vector([120, Number.NaN]),
  '+Inf': vector([Number.POSITIVE_INFINITY]),
  '-Inf': vector([Number.NEGATIVE_INFINITY]),
  '80, and warns of partial data': vector([80], [info, partial]),
  '120, and warns of partial data': vector([120], [partial]),
  '80, and gives a hint on the query': vector([80], [info]),
  'a string': { type: 'string', time: 1, text: '80', warnings: [] },
  'a range of samples': {
    type: 'matrix',
    series: [{ labels: {}, samples: [{ time: 1, value: 80 }] }],
    warnings: [],
  },
  'no answer, or an error': undefined,
};

/** `max: 100, onNoData: fail` as a check. */
function checkOf(text: string): OwnCheck {
  const keys = new Map(text.split(', ').map(part => part.split(': ') as [string, string]));
  const limit = (key: 'min' | 'max') => (keys.has(key) ? { [key]: Number(keys.get(key)) } : {});
  return {
    name: 'queue',
    query: 'x',
    ...limit('min'),
    ...limit('max'),
    onNoData: (keys.get('onNoData') ?? 'inconclusive') as OnNoData,
    dryRun: false,
  };
}

const rows = page
  .slice(page.indexOf('### Verdicts'))
  .split('\n')
  .flatMap(line => {
    const [, answer, check, verdict, shows] = /^\| (.*?) \| `(.*?)` \| (\w+) \| (.*?) \|$/.exec(line) ?? [];
    return answer === undefined ? [] : [{ answer, check: check ?? '', verdict, shows }];
  });

describe('the verdict of an own check, as docs/checks.md has it', () => {
  it('is told for every kind of answer', () => {
    assert.deepEqual(
      [...new Set(rows.map(({ answer }) => answer))].toSorted(),
      Object.keys(answers).toSorted(),
    );
  });

  for (const { answer, check, verdict, shows } of rows) {
    it(`is ${verdict}, showing ${shows}, where Prometheus answers ${answer} with ${check}`, () => {
      const result = answers[answer];
      const own = checkOf(check);
      const measurement =
        result === undefined ? ownUnanswered(own, 'it is gone') : answerOwnCheck(own, result);
      assert.deepEqual([measurement.verdict, measurement.value], [verdict, shows]);
      assert.equal(measurement.actsAtOnce, false);
    });
  }
});

describe('a measurement of an own check', () => {
  const check = checkOf('min: 5, max: 100');

  it('carries its limits, and what the check says of failures', () => {
    const given = { ...check, dryRun: true, failureThreshold: 3 };
    assert.deepEqual(answerOwnCheck(given, vector([80])), {
      check: 'queue',
      limit: '≥ 5, ≤ 100',
      actsAtOnce: false,
      dryRun: true,
      failureThreshold: 3,
      verdict: 'pass',
      value: '80',
      reading: { unit: '', value: 80, limit: 100 },
    });
  });

  it('has the limit that is broken, or nearest, for a chart, and no number where there is none', () => {
    const readings = [3, 20, 200].map(value => answerOwnCheck(check, vector([value])).reading);
    assert.deepEqual(
      readings.map(reading => reading?.limit),
      [5, 5, 100],
    );
    assert.equal(answerOwnCheck(check, vector([])).reading, undefined);
  });

  it('judges a scalar like a series', () => {
    const scalar: QueryResult = { type: 'scalar', sample: { time: 1, value: 120 }, warnings: [] };
    assert.equal(answerOwnCheck(check, scalar).verdict, 'fail');
  });

  it('counts the series and names the worst, on whichever side it is', () => {
    const detail = (values: readonly number[]) => answerOwnCheck(check, vector(values)).detail;
    assert.equal(detail([80]), undefined);
    assert.equal(detail([80, 120, 130]), '3 series (2 beyond the limit), the worst is {pod="web-2"}');
    assert.equal(detail([-200, 120, 80]), '3 series (2 beyond the limit), the worst is {pod="web-0"}');
    assert.equal(
      detail([Number.NaN, 120]),
      '2 series (1 beyond the limit, 1 without data), the worst is {pod="web-1"}',
    );
    assert.equal(detail([Number.NaN, Number.NaN]), '2 series (2 without data)');
  });

  it('gives the words of a warning, and cuts labels that are too long', () => {
    assert.match(
      answerOwnCheck(check, vector([80], [partial])).detail ?? '',
      /^the answer may be partial: No Store/,
    );
    const series = [1, 2].map(value => ({ labels: { a: 'x'.repeat(500) }, sample: { time: 1, value } }));
    const { detail = '' } = answerOwnCheck(check, { type: 'vector', series, warnings: [] });
    assert.ok(detail.length < 200, detail);
  });
});
