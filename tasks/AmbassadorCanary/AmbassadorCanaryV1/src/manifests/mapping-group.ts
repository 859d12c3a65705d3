import { isSameJson } from '../release/same-json.ts';
import { coreMismatches } from './mapping-core.ts';
import { type Match, requestMatchOf } from './mapping-matches.ts';
import { compareText, type MappingObject, namespaceOf } from './mapping-object.ts';
import { specAsV3alpha1 } from './mapping-versions.ts';

export { type CoreMismatch, coreMismatches } from './mapping-core.ts';
export type { AnnotationPlace, MappingObject } from './mapping-object.ts';
export { qualifiedService, type ServiceScope, statName } from './mapping-service.ts';
export { specAsV3alpha1 } from './mapping-versions.ts';
export { type GroupWeights, groupWeights, trafficShares } from './mapping-weights.ts';

/** The `matchLabels` of each Host's `mappingSelector`. */
export type HostSelectors = readonly Readonly<Record<string, string>>[];

/** A field that keeps stable and canary from being weighted against each other. */
export interface GroupingDifference {
  readonly field: string;
  readonly stable: unknown;
  readonly canary: unknown;
}

export type GroupingComparison =
  | { readonly grouped: true }
  | { readonly grouped: false; readonly differences: readonly GroupingDifference[] };

/**
 * The key by which Emissary names a Mapping in its diagnostics, and by which it sorts: `app-canary.shop.1`. The `.1` decides
 * only between namespaces where one name begins with the other (`fetch/resource.py`; `facts/emissary.md 3, 11`). A Mapping in
 * an annotation goes by its Service or Ingress and counts the documents (`facts/emissary.md 3, 9`).
 */
export function mappingKey(mapping: MappingObject): string {
  const place = mapping.annotatedOn;
  if (place !== undefined) return `${place.name}.${place.namespace}.${place.position}`;
  return `${mapping.metadata.name}.${namespaceOf(mapping)}.1`;
}

/** The order in which Emissary puts Mappings into their groups: the first one sets the group's core fields. */
export function compareMappings(a: MappingObject, b: MappingObject): number {
  return compareText(mappingKey(a), mappingKey(b));
}

/**
 * The key of Emissary's cache, which knows a name only up to its first dot: of two Mappings with one cache key in a group
 * the later is dropped without an error (`facts/emissary.md 5`).
 */
export function cacheKey(mapping: MappingObject): string {
  return `Mapping-v2-${mapping.metadata.name.split('.', 1)[0]}-${namespaceOf(mapping)}`;
}

/**
 * The key of the group that a Mapping joins, as the text that Emissary takes a digest of (`facts/emissary.md 2`). It has
 * no separators there either; the core fields tell apart what happens to read the same.
 * `hostSelectors` count only for a Mapping without host.
 */
export function groupKey(mapping: MappingObject, hostSelectors: HostSelectors): string {
  const match = requestMatchOf(mapping);
  const text = (matches: readonly Match[]) => matches.map(({ name, value }) => name + value).join('');
  return [
    'HTTP-GET',
    match.prefix,
    text(match.headers),
    text(match.queryParameters),
    match.host === undefined ? selectedLabels(mapping, hostSelectors) : '',
    match.precedence === 0 ? '' : String(match.precedence),
  ].join('');
}

/**
 * Whether Emissary would weight the two against each other, and if not, all the fields that are in the way: those of the
 * group's key, the core fields (the Mapping that sorts first decides), and what keeps a Mapping out of every group.
 * Without `hostSelectors` every label of the stable is taken to be one that a Host selects by.
 */
export function compareForGrouping(
  stable: MappingObject,
  canary: MappingObject,
  hostSelectors?: HostSelectors,
): GroupingComparison {
  const differences = [
    ...exclusions(stable, canary),
    ...keyDifferences(stable, canary, hostSelectors),
    ...coreDifferences(stable, canary),
  ].filter(({ field }, index, all) => all.findIndex(other => other.field === field) === index);
  return differences.length === 0 ? { grouped: true } : { grouped: false, differences };
}

function keyDifferences(
  stable: MappingObject,
  canary: MappingObject,
  hostSelectors: HostSelectors | undefined,
): GroupingDifference[] {
  const [ours, theirs] = [keyFields(stable), keyFields(canary)];
  const differences = Object.keys(ours)
    .map(field => ({ field, stable: ours[field], canary: theirs[field] }))
    .filter(difference => !isSameJson(difference.stable, difference.canary));
  if (requestMatchOf(stable).host !== undefined || requestMatchOf(canary).host !== undefined) {
    return differences;
  }
  const selectors = hostSelectors ?? [stable.metadata.labels ?? {}];
  const same = selectedLabels(stable, selectors) === selectedLabels(canary, selectors);
  const labels = {
    field: 'metadata.labels',
    stable: stable.metadata.labels,
    canary: canary.metadata.labels,
  };
  return same ? differences : [...differences, labels];
}

/** The parts of the key under the names that a person finds in the manifest. */
function keyFields(mapping: MappingObject): Record<string, unknown> {
  const { prefix, headers, queryParameters, precedence } = requestMatchOf(mapping);
  const one = (name: string) => {
    const match = headers.find(header => header.name === name);
    return match?.regex === true ? { regex: match.value } : match?.value;
  };
  return {
    prefix,
    headers: headers.filter(({ name }) => name !== ':authority' && name !== ':method'),
    hostname: one(':authority'),
    method: one(':method'),
    query_parameters: queryParameters.map(({ name, value }) => `${name}=${value}`),
    precedence,
  };
}

function coreDifferences(stable: MappingObject, canary: MappingObject): GroupingDifference[] {
  const canaryFirst = compareMappings(canary, stable) < 0;
  const mismatches = canaryFirst ? coreMismatches(canary, stable) : coreMismatches(stable, canary);
  return mismatches
    .filter(({ field }) => field !== 'headers')
    .map(({ field, first, later }) =>
      canaryFirst ? { field, stable: later, canary: first } : { field, stable: first, canary: later },
    );
}

/** What keeps one of the two out of the group although key and core agree (`facts/emissary.md 1, 5, 8`). */
function exclusions(stable: MappingObject, canary: MappingObject): GroupingDifference[] {
  const specs = { stable: specAsV3alpha1(stable), canary: specAsV3alpha1(canary) };
  const found: GroupingDifference[] = [];
  if (cacheKey(stable) === cacheKey(canary)) {
    found.push({ field: 'metadata.name', stable: stable.metadata.name, canary: canary.metadata.name });
  }
  const ids = { stable: ambassadorIds(specs.stable), canary: ambassadorIds(specs.canary) };
  if (!isSameJson(ids.stable, ids.canary)) found.push({ field: 'ambassador_id', ...ids });
  for (const field of ['shadow', 'host_redirect']) {
    if (specs.stable[field] === true || specs.canary[field] === true) {
      found.push({ field, stable: specs.stable[field], canary: specs.canary[field] });
    }
  }
  // A host that no request can have takes the Mapping out of the configuration, even where both have it.
  if (requestMatchOf(stable).error !== undefined || requestMatchOf(canary).error !== undefined) {
    found.push({ field: 'host', stable: specs.stable.host, canary: specs.canary.host });
  }
  return found;
}

/** The ids of the Emissaries that a v3alpha1 spec is meant for, sorted; `default` where it names none. */
export function ambassadorIds(spec: Readonly<Record<string, unknown>>): string[] {
  const ids = spec.ambassador_id;
  const list = Array.isArray(ids) ? ids.map(String) : typeof ids === 'string' ? [ids] : [];
  return list.length === 0 ? ['default'] : [...new Set(list)].sort(compareText);
}

/** The labels that take part in the key: those of each selector that the Mapping's labels satisfy in full. */
function selectedLabels(mapping: MappingObject, hostSelectors: HostSelectors): string {
  const labels = mapping.metadata.labels ?? {};
  return hostSelectors
    .map(selector => Object.entries(selector).sort(([a], [b]) => compareText(a, b)))
    .filter(selector => selector.every(([key, value]) => labels[key] === value))
    .map(selector => selector.flat().join(''))
    .join('');
}
