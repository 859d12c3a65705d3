import { asStringMap } from '../release/kube-object.ts';
import { compareText, type MappingObject, textOf } from './mapping-object.ts';
import { specAsV3alpha1 } from './mapping-versions.ts';

/** One condition on a header or a query parameter of a request. */
export interface Match {
  readonly name: string;
  readonly value: string;
  readonly regex: boolean;
}

/** What a Mapping asks of a request, in the form that Emissary groups by. */
export interface RequestMatch {
  readonly prefix: string;
  /** In Emissary's order: `headers`, `regex_headers`, the host as `:authority`, the method as `:method`. */
  readonly headers: readonly Match[];
  readonly queryParameters: readonly Match[];
  readonly precedence: number;
  /** The host glob; absent for a Mapping without host, and for one whose host is a regex. */
  readonly host?: string;
  /** Why Emissary makes no route of this Mapping at all. */
  readonly error?: string;
}

/**
 * Reads the match of a Mapping of any version (`facts/emissary.md 2, 6`). The host is `hostname`, else `host`, else an
 * exact `:authority` header; its text counts, so `*`, none, `APP.x` and `app.x` are four different hosts.
 */
export function requestMatchOf(mapping: MappingObject): RequestMatch {
  const spec = specAsV3alpha1(mapping);
  const exact = matchesOf(spec.headers, false);
  const authority = exact.find(match => isAuthority(match))?.value;
  const { host, regex, error } = hostOf(spec, authority);
  const headers = [
    ...exact.filter(match => !isAuthority(match)),
    ...matchesOf(spec.regex_headers, true),
    ...(host === undefined ? [] : [{ name: ':authority', value: host, regex }]),
    ...methodOf(spec),
  ];
  return {
    prefix: typeof spec.prefix === 'string' ? spec.prefix : '',
    headers,
    queryParameters: [
      ...matchesOf(spec.query_parameters, false),
      ...matchesOf(spec.regex_query_parameters, true),
    ],
    precedence: typeof spec.precedence === 'number' ? spec.precedence : 0,
    ...(host === undefined || regex ? {} : { host }),
    ...(error === undefined ? {} : { error }),
  };
}

/** A map of matches as a list, sorted by name as the snapshot that Emissary reads. */
function matchesOf(value: unknown, regex: boolean): Match[] {
  return Object.entries(asStringMap(value))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, text]) => ({ name, value: text, regex }));
}

function isAuthority(match: Match): boolean {
  return match.name.toLowerCase() === ':authority';
}

function hostOf(spec: Readonly<Record<string, unknown>>, authority: string | undefined) {
  const hostname = textOf(spec.hostname);
  const host = textOf(spec.host);
  const isRegex = host !== undefined && spec.host_regex === true;
  // The check of the deprecated fields comes before `hostname` overrides them, and its error stays.
  const error =
    host !== undefined && !isRegex && host.includes('*')
      ? `host exact-match ${host} contains *, which cannot match anything.`
      : authority?.includes('*')
        ? `:authority exact-match '${authority}' contains *, which cannot match anything.`
        : undefined;
  if (hostname !== undefined) return { host: hostname, regex: false, error };
  return { host: host ?? authority, regex: isRegex, error };
}

function methodOf(spec: Readonly<Record<string, unknown>>): Match[] {
  const method = textOf(spec.method);
  return method === undefined ? [] : [{ name: ':method', value: method, regex: spec.method_regex === true }];
}
