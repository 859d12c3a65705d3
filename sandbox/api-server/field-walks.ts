import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject } from '../objects.ts';
import { FieldSet, type Path, type PathElement } from './field-set.ts';
import { itemElement, itemsByElement } from './list-items.ts';
import {
  fieldSchema,
  type ListOf,
  type MapOf,
  resolve,
  type Schema,
  type Struct,
  untyped,
} from './schema.ts';

// The walks over typed objects that server-side apply is made of, as sigs.k8s.io/structured-merge-diff v6 (`typed/`) does them.

/** Whether a value is owned as a whole. */
function isLeaf(schema: Schema, value: unknown): boolean {
  return !isPart(value) || isEmptyPart(value) || isAtomic(schema);
}

function isAtomic(schema: Schema): boolean {
  if (schema.kind === 'list') return schema.merge === 'atomic';
  return (schema.kind === 'struct' || schema.kind === 'map') && schema.atomic;
}

/** A value's parts by the names that paths give them, each with its schema. */
function childrenOf(schema: Schema, value: unknown): Map<PathElement, { value: unknown; schema: Schema }> {
  const children = new Map<PathElement, { value: unknown; schema: Schema }>();
  if (schema.kind === 'list' && Array.isArray(value)) {
    for (const [element, item] of itemsByElement(schema, value)) {
      children.set(element, { value: item, schema: schema.items });
    }
  } else if ((schema.kind === 'struct' || schema.kind === 'map') && isObject(value)) {
    for (const [field, item] of Object.entries(value)) {
      children.set(`f:${field}`, { value: item, schema: fieldSchema(schema, field) ?? untyped });
    }
  }
  return children;
}

/** The fields that applying a configuration claims: its leaves, the items of its lists, and the keys of its maps. */
export function fieldsOf(value: unknown, schema: Schema): FieldSet {
  const paths: Path[] = [];
  const walk = (unresolved: Schema, item: unknown, path: Path): void => {
    const type = resolve(unresolved, item);
    if (isLeaf(type, item)) {
      paths.push(path);
      return;
    }
    for (const [element, child] of childrenOf(type, item)) {
      const below = [...path, element];
      walk(child.schema, child.value, below);
      if (type.kind !== 'struct' || !type.fields.has(element.slice(2))) paths.push(below);
    }
  };
  walk(schema, value, []);
  return FieldSet.of(paths);
}

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What differs between two objects. A part that is there in only one of them counts with all that is below it. */
export function compare(before: unknown, after: unknown, schema: Schema): Comparison {
  const added: Path[] = [];
  const modified: Path[] = [];
  const removed: Path[] = [];
  const walk = (unresolved: Schema, left: unknown, right: unknown, path: Path): void => {
    const type = resolve(unresolved, right ?? left);
    const both = left !== undefined && right !== undefined;
    if ((left === undefined || isLeaf(type, left)) && (right === undefined || isLeaf(type, right))) {
      if (left === undefined) added.push(path);
      else if (right === undefined) removed.push(path);
      else if (!isDeepStrictEqual(left, right)) modified.push(path);
      return;
    }
    const [lefts, rights] = [childrenOf(type, left), childrenOf(type, right)];
    for (const element of new Set([...lefts.keys(), ...rights.keys()])) {
      const [l, r] = [lefts.get(element), rights.get(element)];
      walk(r?.schema ?? l?.schema ?? untyped, l?.value, r?.value, [...path, element]);
    }
    if (!both) (left === undefined ? added : removed).push(path);
  };
  walk(schema, before, after, []);
  return { added: FieldSet.of(added), modified: FieldSet.of(modified), removed: FieldSet.of(removed) };
}

/** `live` with everything that `config` says; what it does not say stays. */
export function merge(live: unknown, config: unknown, schema: Schema): unknown {
  if (config === undefined) return live;
  const type = resolve(schema, config);
  // An empty map or list claims the field, but takes nothing out of one that is merged part by part.
  if (isEmptyPart(config) && isPart(live) && !isAtomic(type)) return live;
  if (live === undefined || isLeaf(type, config)) return config;
  if (type.kind === 'list' && Array.isArray(live) && Array.isArray(config))
    return mergeLists(live, config, type);
  if ((type.kind === 'struct' || type.kind === 'map') && isObject(live) && isObject(config)) {
    return mergeFields(live, config, type);
  }
  return config;
}

const isPart = (value: unknown) => isObject(value) || Array.isArray(value);
const isEmptyPart = (value: unknown) => isPart(value) && Object.keys(value as object).length === 0;

function mergeFields(live: JsonObject, config: JsonObject, type: Struct | MapOf): JsonObject {
  const merged: JsonObject = { ...live };
  for (const [field, value] of Object.entries(config)) {
    merged[field] = merge(live[field], value, fieldSchema(type, field) ?? untyped);
  }
  return merged;
}

/**
 * Items of both lists: those that are in both in the order of `config`, each other one of `live` where it stood, each other one
 * of `config` before the next that is in both.
 */
function mergeLists(live: readonly unknown[], config: readonly unknown[], type: ListOf): unknown[] {
  const [lives, configs] = [itemsByElement(type, live), itemsByElement(type, config)];
  const pending = [...configs.keys()];
  const merged: unknown[] = [];
  const take = (element: PathElement) =>
    merged.push(merge(lives.get(element), configs.get(element), type.items));
  for (const [element, item] of lives) {
    if (!configs.has(element)) merged.push(item);
    // One that config has in another place waits for its turn there.
    else if (element === pending.find(candidate => lives.has(candidate))) {
      for (const next of pending.splice(0, pending.indexOf(element) + 1)) take(next);
    }
  }
  for (const element of pending) take(element);
  return merged;
}

/** The value without the parts at these paths. A map or list that loses all of its parts is lost with them. */
export function withoutFields(value: unknown, fields: FieldSet, schema: Schema, path: Path = []): unknown {
  const type = resolve(schema, value);
  if (isLeaf(type, value)) return value;
  if (type.kind === 'list' && Array.isArray(value)) {
    const kept = value.flatMap(item => {
      const below = [...path, itemElement(type, item) ?? ''];
      if (fields.has(below)) return [];
      const rest = withoutFields(item, fields, type.items, below);
      return rest === undefined ? [] : [rest];
    });
    return kept.length > 0 ? kept : undefined;
  }
  if ((type.kind === 'struct' || type.kind === 'map') && isObject(value)) {
    const kept: JsonObject = {};
    for (const [field, item] of Object.entries(value)) {
      const below = [...path, `f:${field}`];
      if (fields.has(below)) continue;
      const rest = withoutFields(item, fields, fieldSchema(type, field) ?? untyped, below);
      if (rest !== undefined) kept[field] = rest;
    }
    return Object.keys(kept).length > 0 ? kept : undefined;
  }
  return value;
}

/** With the structs that lead to its members as members: what an item, or a struct, of which all parts go is to go with. */
export function withNamedFields(fields: FieldSet, schema: Schema): FieldSet {
  const named = fields.paths().flatMap(path => {
    const parents: Path[] = [];
    let type: Schema | undefined = schema;
    for (const [index, element] of path.entries()) {
      if (element.startsWith('f:')) {
        const field = element.slice(2);
        const isNamed: boolean = type?.kind === 'struct' && type.fields.has(field);
        if (isNamed) parents.push(path.slice(0, index + 1));
        type = type?.kind === 'struct' || type?.kind === 'map' ? fieldSchema(type, field) : untyped;
      } else {
        type = type?.kind === 'list' ? type.items : untyped;
      }
    }
    return parents;
  });
  return fields.union(FieldSet.of(named));
}
