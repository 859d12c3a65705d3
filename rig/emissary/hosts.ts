import type { HostSelectors } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import { compareText } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-object.ts';
import type { Group, HostObject } from './model.ts';
import type { Route } from './routes.ts';

/** An Envoy virtual host. */
export interface VirtualHost {
  readonly name: string;
  readonly domains: readonly string[];
  readonly routes: readonly Route[];
}

interface ActiveHost {
  readonly hostname: string;
  /** Present when the Host has a selector; it may be empty, and then matches everything. */
  readonly selector?: Readonly<Record<string, string>>;
}

/**
 * The Hosts that get a virtual host, in Emissary's order; with none at all a default one for `*` (`facts/emissary.md 8`).
 * Of Hosts with one hostname the last wins. The stand-in serves plain HTTP only, so `requestPolicy` and TLS do not count.
 */
export function activeHosts(hosts: readonly HostObject[]): ActiveHost[] {
  if (hosts.length === 0) return [{ hostname: '*' }];
  const name = ({ metadata }: HostObject) => `${metadata.name}.${metadata.namespace ?? 'default'}`;
  const byHostname = new Map<string, ActiveHost>();
  for (const { spec } of [...hosts].sort((a, b) => compareText(name(a), name(b)))) {
    const hostname = spec?.hostname === undefined || spec.hostname === '' ? '*' : spec.hostname;
    const selector = spec?.mappingSelector ?? spec?.selector;
    byHostname.set(hostname, { hostname, ...(selector && { selector: selector.matchLabels ?? {} }) });
  }
  return [...byHostname.values()].sort((a, b) => compareText(a.hostname, b.hostname));
}

export function hostSelectors(hosts: readonly ActiveHost[]): HostSelectors {
  return hosts.flatMap(({ selector }) => (selector ? [selector] : []));
}

/** Gives every Host the routes of the groups that match it. */
export function virtualHosts(
  hosts: readonly ActiveHost[],
  groups: readonly Group[],
  routesOf: (group: Group) => readonly Route[],
): VirtualHost[] {
  return hosts.map(host => ({
    name: `ambassador-listener-8080-${host.hostname}`,
    domains: [host.hostname],
    routes: groups.filter(group => hostTakes(host, group)).flatMap(routesOf),
  }));
}

/** `matches_httpgroup` of `ir/irhost.py`, with strict label selectors, the default since 3.2. */
function hostTakes(host: ActiveHost, group: Group): boolean {
  const hasHostname = group.core.host_regex === true || group.host !== undefined;
  const hostMatches =
    group.core.host_regex === true || (group.host !== undefined && globsMeet(host.hostname, group.host));
  if (host.selector === undefined) return hasHostname && hostMatches;
  const labels = Object.assign({}, ...group.members.map(({ mapping }) => mapping.metadata.labels ?? {}));
  const selected = Object.entries(host.selector).every(([key, value]) => labels[key] === value);
  return selected && (!hasHostname || hostMatches);
}

/**
 * Whether there can be a hostname that both DNS globs match: a `*` may stand at the start or at the end, and never for
 * nothing (`hostglob_matches` of `ir/irutils.py`).
 */
export function globsMeet(a: string, b: string): boolean {
  if (a === b || a === '*' || b === '*') return true;
  if (a.startsWith('.') || b.startsWith('.')) return false;
  const ends = (glob: string) => ({ start: glob.startsWith('*'), end: glob.endsWith('*') });
  const [one, other] = [ends(a), ends(b)];
  if ((one.start && one.end) || (other.start && other.end)) return false;
  if ((one.start && other.end) || (one.end && other.start)) return true;
  if (one.start || other.start)
    return meetAt('end', one.start ? a.slice(1) : a, other.start ? b.slice(1) : b, one.start, other.start);
  if (one.end || other.end)
    return meetAt('start', one.end ? a.slice(0, -1) : a, other.end ? b.slice(0, -1) : b, one.end, other.end);
  return false;
}

function meetAt(side: 'start' | 'end', a: string, b: string, aIsGlob: boolean, bIsGlob: boolean): boolean {
  const contains = (long: string, short: string) =>
    side === 'end' ? long.endsWith(short) : long.startsWith(short);
  if (aIsGlob && bIsGlob) return a.length >= b.length ? contains(a, b) : contains(b, a);
  const [glob, text] = aIsGlob ? [a, b] : [b, a];
  return text.length > glob.length && contains(text, glob);
}
