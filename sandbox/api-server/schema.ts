import { isObject } from '../objects.ts';

/**
 * What a value may be, as far as the API server acts on it: which fields exist, of which type they are, and how server-side
 * apply merges them. Fields of structs are read lazily, because the types of Kubernetes refer to themselves.
 */
export type Schema = Scalar | Struct | MapOf | ListOf | Untyped;

export interface Scalar {
  readonly kind: 'scalar';
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'int-or-string' | 'quantity' | 'micro-time';
  /** The name that Go has for it, as decoding errors show it: `int32`. */
  readonly goType: string;
  readonly allowed?: readonly unknown[];
}

export interface Struct {
  readonly kind: 'struct';
  /** The name of the Go type. Empty for the nameless ones of custom resources. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, Schema>;
  readonly required: readonly string[];
  readonly atomic: boolean;
  /** Fields that are not named are kept, too. */
  readonly open: boolean;
}

export interface MapOf {
  readonly kind: 'map';
  readonly values: Schema;
  readonly atomic: boolean;
}

export interface ListOf {
  readonly kind: 'list';
  readonly items: Schema;
  /** `atomic` lists have one owner; in a `set` each value, in a list with keys each item is owned by itself. */
  readonly merge: 'atomic' | 'set' | { readonly keys: readonly string[] };
}

/** Anything at all: maps are merged field by field, lists as a whole. */
export interface Untyped {
  readonly kind: 'untyped';
}

export const untyped: Untyped = { kind: 'untyped' };
export const text: Scalar = { kind: 'scalar', type: 'string', goType: 'string' };

/** What an untyped value turns out to be; other schemas stay as they are. */
export function resolve(schema: Schema, value: unknown): Exclude<Schema, Untyped> {
  if (schema.kind !== 'untyped') return schema;
  if (Array.isArray(value)) return { kind: 'list', items: untyped, merge: 'atomic' };
  if (isObject(value)) return { kind: 'map', values: untyped, atomic: false };
  return text;
}

/** The schema of a field; `undefined` for one that does not exist. */
export function fieldSchema(schema: Struct | MapOf, field: string): Schema | undefined {
  if (schema.kind === 'map') return schema.values;
  return schema.fields.get(field) ?? (schema.open ? untyped : undefined);
}
