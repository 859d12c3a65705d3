import assert from 'node:assert/strict';
import { parseInputs } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-inputs.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { OwnCheck } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/own-check.ts';
import { releaseInputs } from './default-inputs.ts';

const parse = (checks: string, more: Parameters<typeof releaseInputs>[0] = {}) =>
  parseInputs(releaseInputs({ checks, ...more })).spec;

function checksOf(checks: string): readonly OwnCheck[] {
  return parse(checks).ownChecks;
}

function problemsOf(...given: Parameters<typeof parse>): readonly string[] {
  try {
    parse(...given);
    return [];
  } catch (thrown) {
    return toCanaryErrors(thrown).map(({ code, sentence }) => `${code} ${sentence}`);
  }
}

const good = '- name: queue\n  query: max(queue_depth)\n  max: 100';

describe('own checks', () => {
  it('are read with their defaults', () => {
    assert.deepEqual(checksOf(''), []);
    assert.deepEqual(checksOf(good), [
      { name: 'queue', query: 'max(queue_depth)', max: 100, onNoData: 'inconclusive', dryRun: false },
    ]);
  });

  it('are read with all that they may say, in any style of YAML', () => {
    const flow = '[{"name":"a.b_c-1","query":"x{y=~\\"{{ canary }}\\"}","min":-0.5}]';
    assert.deepEqual(
      checksOf(flow).map(({ name, query, min }) => [name, query, min]),
      [['a.b_c-1', 'x{y=~"{{ canary }}"}', -0.5]],
    );
    const [whole] = checksOf(
      '- name: a\n  query: |\n    sum(x[{{window}}])\n  min: 1\n  max: 1e3\n  onNoData: fail\n  dryRun: true\n  failureThreshold: 3\n  interval: 1m',
    );
    assert.equal(String(whole?.interval), '1m');
    assert.deepEqual(
      { ...whole, interval: undefined },
      {
        name: 'a',
        query: 'sum(x[{{window}}])',
        min: 1,
        max: 1000,
        onNoData: 'fail',
        dryRun: true,
        failureThreshold: 3,
        interval: undefined,
      },
    );
  });

  const rows: [what: string, checks: string, says: RegExp][] = [
    ['a text', 'queue', /a YAML list of checks, each with its keys, found no list\. Write/],
    ['a map', 'name: queue', /found no list/],
    ['a list of texts', '- queue', /found something else in line 1/],
    ['YAML that is none', '- name: "a\n  query: x', /found MISSING_CHAR in line 2/],
    ['an alias', '- &a { name: a, query: x, max: 1 }\n- *a', /found an alias/],
    ['a key twice', `${good}\n  max: 3`, /found DUPLICATE_KEY in line 4/],
    [
      'an unknown key',
      `${good}\n  maxx: 3`,
      /one of `name`, `query`, .*found `maxx` in line 4\. Correct the key/,
    ],
    ['no name', '- query: x\n  max: 1', /expected a name as `name`, found none in line 1/],
    [
      'a name with blanks',
      '- name: my queue\n  query: x\n  max: 1',
      /up to 40 letters.*found `my queue` in line 1/,
    ],
    [
      "a built-in check's name",
      '- name: latency\n  query: x\n  max: 1',
      /another name than that of a built-in/,
    ],
    ['the name of the split', '- name: split\n  query: x\n  max: 1', /than that of a built-in/],
    ['a name twice', `${good}\n- name: queue\n  query: y\n  max: 1`, /no other check has.*in line 4/],
    [
      'no query',
      '- name: a\n  max: 1',
      /a query in PromQL, or a URL as `webhook`, as `query`, found neither in line 1/,
    ],
    ['an empty query', '- name: a\n  query:\n  max: 1', /a text as `query`, found nothing in line 2/],
    ['a query that is a number', '- name: a\n  query: 7\n  max: 1', /found `7` in line 2/],
    [
      'an unknown placeholder',
      '- name: a\n  query: "{{pod}}"\n  max: 1',
      /no placeholder but `\{\{canary\}\}`, .*found `\{\{pod\}\}`/,
    ],
    [
      'a variable that nobody set',
      '- name: a\n  query: x > $(limit)\n  max: 1',
      /The variable `\$\(limit\)` has no value/,
    ],
    ['no limit', '- name: a\n  query: x', /a limit, `min` or `max`, as `max`, found neither in line 1/],
    [
      'a limit that is a text',
      '- name: a\n  query: x\n  max: "5"',
      /a number as `max`, found `"5"` in line 3/,
    ],
    ['a limit without end', '- name: a\n  query: x\n  max: .inf', /a number as `max`/],
    [
      'limits that cross',
      '- name: a\n  query: x\n  min: 5\n  max: 4',
      /from `min`, 5, as `max`, found 4 in line 4/,
    ],
    [
      'another word for no data',
      `${good}\n  onNoData: ignore`,
      /`inconclusive` or `pass` or `fail` as `onNoData`/,
    ],
    [
      'a word for a boolean',
      `${good}\n  dryRun: yes`,
      /`true` or `false` as `dryRun`, found `"yes"` in line 4/,
    ],
    ['half a failure', `${good}\n  failureThreshold: 0.5`, /a whole number from 1/],
    ['a time without unit', `${good}\n  interval: 60`, /a time above 0 with its unit.*found `60` in line 4/],
    [
      "an interval below the release's",
      `${good}\n  interval: 10s`,
      /an `interval` of queue from 30s.*to 5m.*found 10s/,
    ],
    ['an interval above a step', `${good}\n  interval: 6m`, /found 6m/],
  ];
  for (const [what, checks, says] of rows) {
    it(`can't be or hold ${what}, and are told where`, () => {
      const problems = problemsOf(checks);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', /^INPUT_INVALID Input `checks` can't be used: /);
      assert.match(problems[0] ?? '', says);
    });
  }

  it('are told all that is wrong at once', () => {
    assert.equal(problemsOf('- name: a\n- query: "{{x}}"\n  min: a\n  foo: 1\n- 7').length, 7);
  });

  it('never have a value shown that may be a secret', () => {
    for (const text of [
      '- name: "hunter2',
      '- hunter2',
      'hunter2',
      '- name: a\n  b: [hunter2',
      '- ? hunter2: {',
    ]) {
      assert.doesNotMatch(problemsOf(text).join(), /hunter2/, text);
    }
  });

  it('need a Prometheus to ask', () => {
    assert.match(
      problemsOf(good, { prometheus: 'none' }).join(),
      /Input `checks` .*no `query` while `prometheus` is `none`/,
    );
    assert.match(problemsOf(good, { prometheus: '', successRate: 'none' }).join(), /Input `prometheus`/);
  });

  it('may be all that is asked, and steps must hold a measurement of them', () => {
    const { checks, ownChecks, prometheus } = parse(good, { successRate: 'none', compareToStable: 'false' });
    assert.deepEqual([checks.length, ownChecks.length, prometheus?.kind], [0, 1, 'url']);
    assert.match(problemsOf(good, { successRate: 'none', pause: '10s' }).join(), /Input `pause`/);
  });
});
