import { Secret, type SecretHeaders } from '../release/secret.ts';
import type { Inputs } from './input-names.ts';
import type { InputProblems } from './input-problems.ts';
import { headerProblem } from './parse-headers.ts';
import { linesOf } from './parse-images.ts';

/** What a Generic service connection holds; either may be empty. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

const hint = 'Write one a line, for example `X-Scope-OrgID: shop`';

/**
 * The headers that every query to Prometheus carries: those of `prometheusHeaders`, and the credentials of the service connection,
 * as Basic or, where it has no user, as bearer token. No value is ever quoted in an error, for any may be a secret.
 */
export function parsePrometheusHeaders(
  inputs: Inputs,
  login: Login | undefined,
  throughApiServer: boolean,
  problems: InputProblems,
): SecretHeaders {
  const headers = new Map<string, Secret>();
  const seen = new Set<string>();
  for (const [index, line] of linesOf(inputs.prometheusHeaders).entries()) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    const problem =
      colon < 1
        ? { expected: 'a name, `:` and a value', found: 'a line without a name' }
        : (headerProblem(name, value) ??
          (throughApiServer ? whyNotThroughApiServer(name) : undefined) ??
          (seen.has(name.toLowerCase()) ? twice(name) : undefined));
    if (problem !== undefined) {
      const found = `${problem.found} in line ${index + 1}`;
      problems.invalid('prometheusHeaders', { expected: problem.expected, found, hint });
      continue;
    }
    seen.add(name.toLowerCase());
    headers.set(name, new Secret(value));
  }
  if (login !== undefined) addLogin(headers, login, seen.has('authorization'), throughApiServer, problems);
  return Object.fromEntries(headers);
}

function addLogin(
  headers: Map<string, Secret>,
  login: Login,
  isGiven: boolean,
  throughApiServer: boolean,
  problems: InputProblems,
): void {
  if (throughApiServer) {
    problems.invalid('prometheusServiceConnection', {
      expected:
        'it to be empty where `prometheus` is asked through the API server, which passes no credentials on',
      found: 'a service connection',
      hint: 'Leave it out, or give the URL of Prometheus as `prometheus`',
    });
  } else if (isGiven) {
    problems.invalid('prometheusHeaders', {
      expected: 'no header Authorization beside `prometheusServiceConnection`, which makes it',
      found: 'both',
      hint: 'Leave one of them out',
    });
  } else {
    headers.set('Authorization', new Secret(authorizationOf(login)));
  }
}

/** As the Authorization header has it. */
export function authorizationOf({ user, password }: Login): string {
  if (user === '') return `Bearer ${password}`;
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

interface Difference {
  readonly expected: string;
  readonly found: string;
}

/** The API server takes these for itself: they would change who we are to it. */
function whyNotThroughApiServer(name: string): Difference | undefined {
  if (!/^(authorization|impersonate-.*|x-remote-.*)$/i.test(name)) return undefined;
  return {
    expected: 'no header that the API server takes for itself, where it passes the queries on',
    found: `the header ${name}`,
  };
}

function twice(name: string): Difference {
  return { expected: 'each header once', found: `the header ${name} again` };
}
