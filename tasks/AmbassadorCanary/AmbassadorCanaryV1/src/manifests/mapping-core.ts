import { isSameJson } from '../release/same-json.ts';
import { requestMatchOf } from './mapping-matches.ts';
import type { MappingObject } from './mapping-object.ts';
import { specAsV3alpha1 } from './mapping-versions.ts';

/** A core field in which a later Mapping does not fit the first of its group. */
export interface CoreMismatch {
  readonly field: string;
  readonly first: unknown;
  readonly later: unknown;
}

const coreFields = [
  'bypass_auth',
  'circuit_breakers',
  'connect_timeout_ms',
  'cluster_idle_timeout_ms',
  'cluster_max_connection_lifetime_ms',
  'headers',
  'keepalive',
  'labels',
  'load_balancer',
  'prefix',
  'prefix_regex',
  'prefix_exact',
] as const;

/**
 * Why Emissary refuses `later` in the group that `first` opened; an empty list means that it joins. A later Mapping that
 * lacks a core field of the first is accepted, one that has it with another value, or that has one the first lacks, is
 * not. `circuit_breakers` must match both ways (`facts/emissary.md 3`). A Module's defaults are not known here.
 */
export function coreMismatches(first: MappingObject, later: MappingObject): CoreMismatch[] {
  const opened = coreValuesOf(first);
  const joining = coreValuesOf(later);
  return coreFields
    .filter(field => joining.has(field) || (field === 'circuit_breakers' && opened.has(field)))
    .filter(field => !isSameJson(opened.get(field), joining.get(field)))
    .map(field => ({ field, first: opened.get(field), later: joining.get(field) }));
}

/** The core fields that a Mapping has: Emissary's types leave out nulls, empty lists and empty maps of labels. */
function coreValuesOf(mapping: MappingObject): Map<string, unknown> {
  const spec = specAsV3alpha1(mapping);
  const values = new Map<string, unknown>([['headers', requestMatchOf(mapping).headers]]);
  for (const field of coreFields) {
    const value = spec[field];
    if (field === 'headers' || value === undefined || value === null) continue;
    const emptied =
      (field === 'circuit_breakers' || field === 'labels') && Object.keys(value as object).length === 0;
    if (!emptied) values.set(field, value);
  }
  return values;
}
