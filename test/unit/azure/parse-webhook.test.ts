import assert from 'node:assert/strict';
import { parseInputs } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-inputs.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import { revealAll } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';
import { releaseInputs } from './default-inputs.ts';

const parse = (checks: string) => parseInputs(releaseInputs({ checks })).spec;

function problemsOf(checks: string): readonly string[] {
  try {
    parse(checks);
    return [];
  } catch (thrown) {
    return toCanaryErrors(thrown).map(({ code, sentence }) => `${code} ${sentence}`);
  }
}

const good = '- name: smoke\n  webhook: https://tests.example.com/run?key=hunter2\n  when: before';

describe('webhooks among the checks', () => {
  it('are read with their defaults, beside queries', () => {
    const { webhooks, ownChecks } = parse(`${good}\n- name: q\n  query: x\n  max: 1`);
    assert.equal(ownChecks.length, 1);
    const [hook] = webhooks;
    assert.equal(hook?.url.reveal(), 'https://tests.example.com/run?key=hunter2');
    assert.deepEqual(
      { ...hook, url: '', timeout: String(hook?.timeout), limit: String(hook?.limit) },
      {
        name: 'smoke',
        when: 'before',
        url: '',
        method: 'POST',
        headers: {},
        timeout: '10s',
        retries: 2,
        limit: '10m',
      },
    );
  });

  it('are read with all that they may say, and their secrets are shown to nobody', () => {
    const [hook] = parse(
      [
        '- name: boss',
        '  webhook: http://{{service}}.{{namespace}}/gate/{{weight}}',
        '  when: gate',
        '  method: PUT',
        '  headers:',
        '    Authorization: Bearer hunter2',
        '    Content-Type: text/plain',
        '    X-Retry: 7',
        '  body: { who: "{{canary}}", list: [1, hunter2] }',
        '  expectStatus: [200, 204]',
        '  expectJson: { path: "$.a[0].b", equals: true }',
        '  timeout: 3s',
        '  retries: 5',
        '  limit: 1h',
      ].join('\n'),
    ).webhooks;
    assert.deepEqual(revealAll(hook?.headers ?? {}), {
      Authorization: 'Bearer hunter2',
      'Content-Type': 'text/plain',
      'X-Retry': '7',
    });
    assert.equal(hook?.body?.reveal(), '{"who":"{{canary}}","list":[1,"hunter2"]}');
    assert.deepEqual(hook?.expectStatus, [200, 204]);
    assert.deepEqual(hook?.expectJson, { path: '$.a[0].b', equals: true });
    assert.deepEqual([String(hook?.timeout), hook?.retries, String(hook?.limit)], ['3s', 0, '1h']);
    assert.doesNotMatch(JSON.stringify(hook), /hunter2/);
  });

  it('take one status, and a body as a text', () => {
    const [hook] = parse(`${good}\n  expectStatus: 202\n  body: |\n    plain {{reason}}`).webhooks;
    assert.deepEqual(hook?.expectStatus, [202]);
    assert.equal(hook?.body?.reveal().trim(), 'plain {{reason}}');
  });

  it('may stand alone, without Prometheus', () => {
    const { spec } = parseInputs(releaseInputs({ checks: good, prometheus: 'none' }));
    assert.equal(spec.webhooks.length, 1);
  });

  const rows: [what: string, checks: string, says: RegExp][] = [
    [
      'no time',
      '- name: a\n  webhook: https://h',
      /`before` or `load` or `gate` or `after` as `when`, found nothing/,
    ],
    ['another time', `${good.replace('before', 'during')}`, /as `when`, found `"during"` in line 3/],
    [
      'another scheme',
      '- name: a\n  webhook: ftp://hunter2\n  when: load',
      /an http or https URL as `webhook`, found something else/,
    ],
    ['no URL', '- name: a\n  webhook: hunter2\n  when: load', /an http or https URL/],
    [
      'a login in the URL',
      '- name: a\n  webhook: https://u:hunter2@h\n  when: load',
      /belong into `headers`/,
    ],
    [
      'an unknown placeholder',
      '- name: a\n  webhook: https://h/{{window}}\n  when: load',
      /no placeholder but .*found `\{\{window\}\}`/,
    ],
    ['an unknown placeholder in the body', `${good}\n  body: '{{pod}}'`, /as `body`, found `\{\{pod\}\}`/],
    ['another method', `${good}\n  method: post`, /`POST` or .* as `method`, found `"post"`/],
    ['a body for GET', `${good}\n  method: GET\n  body: hunter2`, /nothing with the method GET as `body`/],
    [
      'headers that are a text',
      `${good}\n  headers: hunter2`,
      /names and values as `headers`, found something else/,
    ],
    [
      'a header without value',
      `${good}\n  headers: { X-A: }`,
      /for the header X-A as `headers`, found nothing/,
    ],
    [
      'a header with line breaks',
      `${good}\n  headers: { X-A: "hunter2\\r\\nX-B: 1" }`,
      /plain characters for the header X-A/,
    ],
    ['a header of HTTP', `${good}\n  headers: { Host: hunter2 }`, /the header Host/],
    [
      'a variable that nobody set',
      `${good}\n  headers: { X-A: $(hook.token) }`,
      /The variable `\$\(hook\.token\)` has no value/,
    ],
    ['one in the body', `${good}\n  body: $(token)`, /The variable `\$\(token\)` has no value/],
    [
      'one in the URL',
      '- name: a\n  webhook: https://h/$(token)\n  when: load',
      /The variable `\$\(token\)` has no value/,
    ],
    ['a body that is a number', `${good}\n  body: 7`, /a text, a map or a list as `body`/],
    [
      'a status that is none',
      `${good}\n  expectStatus: [200, 2xx]`,
      /a status such as 200.*found `\[200,"2xx"\]`/,
    ],
    [
      'a path that is none',
      `${good}\n  expectJson: { path: a..b, equals: 1 }`,
      /`\{ path: result\.status, equals: passed \}`/,
    ],
    ['a JSON without value', `${good}\n  expectJson: { path: a }`, /as `expectJson`/],
    ['a time without unit', `${good}\n  timeout: 5`, /a time above 0 with its unit.* as `timeout`/],
    ['half a retry', `${good}\n  retries: 0.5`, /a whole number from 0 as `retries`/],
    [
      'a limit but for a gate',
      `${good}\n  limit: 5m`,
      /nothing but for a gate as `limit`, found a before webhook/,
    ],
    ['a key of a query', `${good}\n  max: 5`, /one of .*`webhook`.*, found `max` in line 4/],
    ['a query as well', `${good}\n  query: x`, /found `query` in line 4/],
  ];
  for (const [what, checks, says] of rows) {
    it(`can't have ${what}, and no secret is shown`, () => {
      const problems = problemsOf(checks);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', /^INPUT_INVALID Input `checks` can't be used: /);
      assert.match(problems[0] ?? '', says);
      assert.doesNotMatch(problems[0] ?? '', /hunter2/);
    });
  }
});
