import { createHash } from 'node:crypto';
import {
  cacheKey,
  coreMismatches,
  groupKey,
  groupWeights,
  type HostSelectors,
  type MappingObject,
  mappingKey,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import {
  type Match,
  requestMatchOf,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-matches.ts';
import { compareText } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-object.ts';
import { inOrder } from './all-mappings.ts';
import { clusterFor, isConsul } from './cluster.ts';
import type { Group, Member, Model } from './model.ts';
import { type MappingSpec, mappingSpec } from './spec.ts';

/**
 * Puts Mappings into groups in Emissary's order, refuses those that do not fit the first of their group, and counts the
 * running sums. Errors go to the model, under the key of the group's first Mapping (`facts/emissary.md 3, 4, 11`).
 */
export function makeGroups(
  model: Model,
  mappings: readonly MappingObject[],
  selectors: HostSelectors,
): Group[] {
  const groups = new Map<string, { group: Group; first: MappingObject; cacheKeys: Set<string> }>();
  for (const mapping of inOrder(model, mappings)) {
    const key = mappingKey(mapping);
    const spec = mappingSpec(mapping);
    const error = unusable(mapping, spec);
    if (error !== undefined) {
      model.errors.push([key, error]);
      continue;
    }
    const text = groupKey(mapping, selectors);
    let entry = groups.get(text);
    if (entry === undefined) {
      entry = { group: openGroup(text, mapping), first: mapping, cacheKeys: new Set() };
      groups.set(text, entry);
    }
    const { group, first, cacheKeys } = entry;
    if (cacheKeys.has(cacheKey(mapping))) continue;
    const mismatches = coreMismatches(first, mapping);
    if (mismatches.length > 0) {
      const fields = mismatches.map(
        ({ field, later, first: has }) => `${field}: ${show(later)} != ${show(has)}`,
      );
      model.errors.push([group.key, refusal(mapping.metadata.name, fields)]);
      continue;
    }
    if (join(model, group, mapping, spec, key)) cacheKeys.add(cacheKey(mapping));
  }
  const made = [...groups.values()].map(({ group }) => group);
  for (const group of made) countWeights(model, group);
  return made;
}

/** Adds the Mapping as shadow, redirect or member. True for a member: only those count for the cache keys. */
function join(model: Model, group: Group, mapping: MappingObject, spec: MappingSpec, key: string): boolean {
  const { name } = mapping.metadata;
  const member = (marker?: string): Member => ({
    mapping,
    spec,
    key,
    cluster: clusterFor(model, mapping, key, marker),
    sum: 0,
  });
  const refuse = (text: string) => model.errors.push([group.key, text]);
  if (spec.shadow === true) {
    if (group.shadow)
      refuse(`cannot accept ${name} as second shadow after ${group.shadow.mapping.metadata.name}`);
    else group.shadow = member('shadow');
    return false;
  }
  if (spec.host_redirect === true) {
    const other = group.redirect ?? group.members[0];
    if (other) refuse(`cannot accept ${name} with host_redirect after ${other.mapping.metadata.name}`);
    else group.redirect = { mapping, spec, key, cluster: undefined, sum: 100 };
    return false;
  }
  if (group.redirect) {
    const redirect = group.redirect.mapping.metadata.name;
    refuse(`cannot accept ${name} without host_redirect after ${redirect} with host_redirect`);
    return false;
  }
  group.members.push(member(spec.cluster_tag));
  return true;
}

function openGroup(text: string, mapping: MappingObject): Group {
  const { headers, queryParameters, precedence, host } = requestMatchOf(mapping);
  return {
    id: createHash('sha1').update(text).digest('hex'),
    key: mappingKey(mapping),
    core: mappingSpec(mapping),
    headers,
    queryParameters,
    precedence,
    ...(host === undefined ? {} : { host }),
    members: [],
  };
}

function countWeights(model: Model, group: Group): void {
  const declared = group.members.map(({ mapping, spec }) => ({
    name: mapping.metadata.name,
    ...(spec.weight === undefined ? {} : { weight: spec.weight }),
  }));
  const { order, sums, error } = groupWeights(declared);
  group.members = order.flatMap((index, position) => {
    const member = group.members[index];
    return member ? [{ ...member, sum: sums[position] ?? 0 }] : [];
  });
  if (error === undefined) return;
  model.errors.push([group.key, error], [group.key, 'Could not normalize mapping weights, ignoring...']);
}

const resolvers = ['kubernetes-service', 'endpoint', 'kubernetes-endpoint', 'consul', 'consul-endpoint'];

/** Why Emissary leaves out a Mapping altogether (`facts/emissary.md 5, 6, 12`). */
function unusable(mapping: MappingObject, spec: MappingSpec): string | undefined {
  const { error } = requestMatchOf(mapping);
  if (error !== undefined) return error;
  const resolver = spec.resolver ?? 'kubernetes-service';
  if (!resolvers.includes(resolver)) return `resolver ${resolver} is unknown!`;
  if (resolver === 'kubernetes-service' && spec.load_balancer !== undefined) {
    return 'No load_balancer setting is allowed with the KubernetesServiceResolver';
  }
  if (isConsul(resolver) && spec.service.includes('.')) {
    return 'The Consul resolver does not allow dots in service names';
  }
  // The text promises less than what happens: the whole Mapping is dropped.
  if (spec.error_response_overrides !== undefined) {
    return 'error_response_overrides is not supported in Emissary 4 and will be ignored';
  }
  if (spec.outlier_detection !== undefined) return 'outlier_detection is not supported';
  return undefined;
}

function refusal(name: string, fields: readonly string[]): string {
  return (
    `cannot accept new mapping ${name} with mismatched ${fields.join(', ')}.` +
    'Please verify field is set with the same value in all related mappings.' +
    'Example: When canary is configured, related mappings should have same fields and values'
  );
}

function show(value: unknown): string {
  return value === undefined ? '-unset-' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** Orders groups as Emissary does; the most specific is the greatest (`_route_weight` of `ir/irhttpmapping.py`). */
export function compareRouteWeights(a: Group, b: Group): number {
  const left = routeWeight(a);
  const right = routeWeight(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [one, other] = [left[i], right[i]];
    const difference =
      typeof one === 'number' && typeof other === 'number'
        ? one - other
        : compareText(String(one), String(other));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function routeWeight({ core, headers, queryParameters, precedence }: Group): (number | string)[] {
  const length = (matches: readonly Match[]) =>
    matches.reduce((sum, { name, value, regex }) => sum + name.length + value.length + (regex ? 1 : 0), 0);
  const keys = (matches: readonly Match[]) => matches.map(({ name, value }) => `${name}-${value}`);
  return [
    precedence,
    core.prefix.length,
    length(headers),
    length(queryParameters),
    core.prefix,
    'GET',
    ...keys(headers),
    ...keys(queryParameters),
  ];
}
