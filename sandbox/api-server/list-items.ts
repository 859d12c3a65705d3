import { isObject, type JsonObject } from '../objects.ts';
import type { PathElement } from './field-set.ts';
import { keyDefaults } from './merge-rules.ts';
import type { ListOf } from './schema.ts';

/** How an item of a mergeable list is named: by its keys, or by itself in a set. `undefined` for an item without its keys. */
export function itemElement(list: ListOf, item: unknown): PathElement | undefined {
  if (list.merge === 'atomic') throw new Error('the items of an atomic list have no names');
  if (list.merge === 'set') return `v:${JSON.stringify(item)}`;
  if (!isObject(item)) return undefined;
  const keys: JsonObject = {};
  for (const key of [...list.merge.keys].sort()) {
    const value = item[key] ?? keyDefaults[key];
    if (value === undefined) return undefined;
    keys[key] = value;
  }
  return `k:${JSON.stringify(keys)}`;
}

/** The items of a mergeable list by their names, in their order. Of several with one name, the first counts. */
export function itemsByElement(list: ListOf, items: readonly unknown[]): Map<PathElement, unknown> {
  const found = new Map<PathElement, unknown>();
  for (const item of items) {
    const element = itemElement(list, item);
    if (element !== undefined && !found.has(element)) found.set(element, item);
  }
  return found;
}
