import { isObject, type JsonObject } from '../objects.ts';
import { itemElement } from './list-items.ts';
import { fieldSchema, type ListOf, type Schema, untyped } from './schema.ts';

/** A document changed by an RFC 7386 JSON Merge Patch: null removes a member, a list replaces the list. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(document) ? { ...document } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = applyMergePatch(merged[field], value);
  }
  return merged;
}

/**
 * A document changed by a strategic merge patch: as a merge patch, but lists that have keys are merged item by item, where
 * `$patch: delete` takes one out. Other directives are not known here.
 */
export function applyStrategicPatch(document: unknown, patch: unknown, schema: Schema): unknown {
  if (schema.kind === 'list' && schema.merge !== 'atomic' && Array.isArray(patch)) {
    return mergeItems(Array.isArray(document) ? document : [], patch, schema);
  }
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(document) ? { ...document } : {};
  for (const [field, value] of Object.entries(patch)) {
    const type = schema.kind === 'struct' || schema.kind === 'map' ? fieldSchema(schema, field) : undefined;
    if (value === null) delete merged[field];
    else merged[field] = applyStrategicPatch(merged[field], value, type ?? untyped);
  }
  return merged;
}

function mergeItems(items: readonly unknown[], patches: readonly unknown[], list: ListOf): unknown[] {
  const merged = [...items];
  for (const patch of patches) {
    const element = itemElement(list, patch);
    const index = merged.findIndex(item => itemElement(list, item) === element);
    if (isObject(patch) && patch.$patch === 'delete') {
      if (index >= 0) merged.splice(index, 1);
    } else if (index >= 0) merged[index] = applyStrategicPatch(merged[index], patch, list.items);
    else merged.push(patch);
  }
  return merged;
}
