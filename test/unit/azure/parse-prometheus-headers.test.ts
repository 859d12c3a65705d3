import assert from 'node:assert/strict';
import { InputProblems } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/input-problems.ts';
import {
  type Login,
  parsePrometheusHeaders,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-prometheus-headers.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import { revealAll } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';
import { releaseInputs } from './default-inputs.ts';

interface Given {
  readonly login?: Login;
  readonly throughApiServer?: boolean;
}

/** The headers, or the sentences of all errors. */
function parse(lines: string, { login, throughApiServer = false }: Given = {}): object {
  const problems = new InputProblems();
  const inputs = releaseInputs({ prometheusHeaders: lines });
  const headers = parsePrometheusHeaders(inputs, login, throughApiServer, problems);
  try {
    problems.throwIfAny();
  } catch (thrown) {
    return toCanaryErrors(thrown).map(({ sentence }) => sentence);
  }
  return revealAll(headers);
}

describe('the headers for Prometheus', () => {
  it('are those of the lines, and the login as Basic or bearer', () => {
    assert.deepEqual(parse(''), {});
    const login = { user: 'shop', password: 'p:w' };
    assert.deepEqual(parse('X-Scope-OrgID: shop\n\n  X-Trace :a: b ', { login }), {
      'X-Scope-OrgID': 'shop',
      'X-Trace': 'a: b',
      Authorization: `Basic ${Buffer.from('shop:p:w').toString('base64')}`,
    });
    assert.deepEqual(parse('', { login: { user: '', password: 'token' } }), {
      Authorization: 'Bearer token',
    });
  });

  const rows: [what: string, lines: string, given: Given, says: RegExp][] = [
    [
      'a line without a colon',
      'hunter2',
      {},
      /a name, `:` and a value, found a line without a name in line 1/,
    ],
    ['a line without a name', 'X-A: 1\n: hunter2', {}, /found a line without a name in line 2/],
    ['a name that is none', 'X Y: hunter2', {}, /the name of a header: .* in line 1/],
    ['no value', 'X-A:', {}, /a value of plain characters for the header X-A, found nothing/],
    ['a value with other characters', 'X-A: hunter2é', {}, /for the header X-A, found others in line 1/],
    ['a variable that nobody set', 'X-A: $(token)', {}, /The variable `\$\(token\)` has no value/],
    ['a header twice', 'X-A: hunter2\nx-a: 2', {}, /each header once, found the header x-a again in line 2/],
    [
      'a header of ours',
      'Content-Length: 7',
      {},
      /no header that is set anyway, found the header Content-Length/,
    ],
    [
      'two logins',
      'authorization: hunter2',
      { login: { user: '', password: 'hunter2' } },
      /no header Authorization beside/,
    ],
    [
      'a login where the API server is asked',
      '',
      { login: { user: '', password: 'hunter2' }, throughApiServer: true },
      /Input `prometheusServiceConnection` .*passes no credentials on/,
    ],
    [
      'a header that would make us somebody else for the API server',
      'Impersonate-User: hunter2',
      { throughApiServer: true },
      /no header that the API server takes for itself.*, found the header Impersonate-User in line 1/,
    ],
    [
      'credentials for the API server',
      'Authorization: hunter2',
      { throughApiServer: true },
      /takes for itself/,
    ],
  ];
  for (const [what, lines, given, says] of rows) {
    it(`can't hold ${what}, and the error shows no value`, () => {
      const problems = parse(lines, given);
      assert.ok(Array.isArray(problems) && problems.length === 1, JSON.stringify(problems));
      assert.match(problems[0], says);
      assert.doesNotMatch(problems[0], /hunter2/);
    });
  }

  it('are told all that is wrong at once', () => {
    assert.equal(Object.keys(parse('a\nb\nX-A: 1')).length, 2);
  });

  it('pass the API server where they mean nothing to it', () => {
    assert.deepEqual(parse('X-Scope-OrgID: shop', { throughApiServer: true }), { 'X-Scope-OrgID': 'shop' });
  });
});
