import type { VirtualHost } from '../rig/emissary/hosts.ts';
import type { Route } from '../rig/emissary/routes.ts';
import { at, objectsAt } from './objects.ts';

/** A user's request, as far as routes look at it. Header names in lower case. */
export interface UserRequest {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The route that Envoy takes for a request: of the virtual host with the closest domain, the first route whose match fits and whose
 * fraction is above `percent`, the one number from 0 up to 100 that is drawn for the request. `undefined` is a 404.
 */
export function routeOf(
  hosts: readonly VirtualHost[],
  request: UserRequest,
  percent: number,
): Route | undefined {
  const host = [...hosts]
    .filter(candidate => candidate.domains.some(domain => globMatches(domain, request.host)))
    .sort((a, b) => closeness(b, request.host) - closeness(a, request.host))[0];
  return host?.routes.find(route => fits(route.match, request, percent));
}

/** An exact domain is closer than any glob, and a longer glob closer than a shorter one. */
function closeness({ domains }: VirtualHost, host: string): number {
  const matching = domains.filter(domain => globMatches(domain, host));
  return Math.max(...matching.map(domain => (domain === host ? Number.POSITIVE_INFINITY : domain.length)));
}

function globMatches(glob: string, host: string): boolean {
  if (glob === '*') return true;
  if (glob.startsWith('*')) return host.endsWith(glob.slice(1));
  return glob.endsWith('*') ? host.startsWith(glob.slice(0, -1)) : glob === host;
}

function fits(match: unknown, request: UserRequest, percent: number): boolean {
  const url = new URL(request.path, 'http://host.invalid');
  const fraction = Number(at(match, 'runtime_fraction', 'default_value', 'numerator') ?? 100);
  const headers: Record<string, string> = {
    ...request.headers,
    ':authority': request.host,
    ':method': request.method,
  };
  return (
    percent < fraction &&
    pathFits(match, url.pathname) &&
    objectsAt(match, 'headers').every(({ name, string_match }) =>
      textFits(string_match, headers[String(name)]),
    ) &&
    objectsAt(match, 'query_parameters').every(({ name, string_match }) =>
      textFits(string_match, url.searchParams.get(String(name)) ?? undefined),
    )
  );
}

function pathFits(match: unknown, path: string): boolean {
  const isSensitive = at(match, 'case_sensitive') !== false;
  const fold = (text: unknown) => (isSensitive ? String(text) : String(text).toLowerCase());
  const [prefix, exact, regex] = [at(match, 'prefix'), at(match, 'path'), at(match, 'safe_regex', 'regex')];
  if (prefix !== undefined) return fold(path).startsWith(fold(prefix));
  if (exact !== undefined) return fold(path) === fold(exact);
  return regex !== undefined && wholly(regex, path);
}

function textFits(matcher: unknown, value: string | undefined): boolean {
  if (value === undefined) return false;
  const [exact, prefix, suffix] = [at(matcher, 'exact'), at(matcher, 'prefix'), at(matcher, 'suffix')];
  if (exact !== undefined) return value === exact;
  if (prefix !== undefined) return value.startsWith(String(prefix));
  if (suffix !== undefined) return value.endsWith(String(suffix));
  return wholly(at(matcher, 'safe_regex', 'regex'), value);
}

/** Envoy's regexes match the whole text. */
function wholly(regex: unknown, text: string): boolean {
  return new RegExp(`^(?:${String(regex)})$`).test(text);
}
