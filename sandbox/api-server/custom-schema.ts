import { kinds } from '../../rig/crds/kinds.ts';
import type { Schema as OpenApiSchema } from '../../rig/crds/schema.ts';
import { isObject } from '../objects.ts';
import { builtinSchema } from './builtin-schema.ts';
import { type Schema, type Struct, text, untyped } from './schema.ts';

/**
 * The v3alpha1 schema of an Emissary kind. The fields are those of the CRDs that the rig loads into a real API server, so
 * that what is pruned and refused is the same in both.
 */
export function emissarySchema(kind: string): Struct {
  const found = kinds.find(candidate => candidate.kind === kind);
  if (!found) throw new Error(`the CRDs have no kind ${kind}`);
  const fields: Record<string, Schema> = { spec: record(found.spec, found.required ?? []) };
  if (found.status) fields.status = record(found.status, []);
  return customResource(fields, []);
}

/** A kind whose spec may be anything, but must be there. */
export function looseSchema(): Struct {
  return customResource({ spec: { ...record({}, []), open: true } }, ['spec']);
}

function customResource(fields: Record<string, Schema>, required: readonly string[]): Struct {
  return {
    kind: 'struct',
    name: '',
    fields: new Map(
      Object.entries({ apiVersion: text, kind: text, metadata: builtinSchema('V1ObjectMeta'), ...fields }),
    ),
    required,
    atomic: false,
    open: false,
  };
}

function record(properties: Readonly<Record<string, OpenApiSchema>>, required: readonly string[]): Struct {
  const fields = Object.entries(properties).map(([name, schema]) => [name, convert(schema)] as const);
  return { kind: 'struct', name: '', fields: new Map(fields), required, atomic: false, open: false };
}

/** Reads the OpenAPI that a CRD carries. Lists without a list type are atomic, maps are merged field by field. */
function convert(schema: OpenApiSchema): Schema {
  const { type, properties, additionalProperties, items, required } = schema;
  const allowed = Array.isArray(schema.enum) ? { allowed: schema.enum } : {};
  switch (type) {
    case 'object':
      if (isObject(properties)) {
        return record(properties as Record<string, OpenApiSchema>, Array.isArray(required) ? required : []);
      }
      if (!isObject(additionalProperties)) return untyped;
      return { kind: 'map', values: convert(additionalProperties), atomic: false };
    case 'array':
      return { kind: 'list', items: isObject(items) ? convert(items) : untyped, merge: 'atomic' };
    case 'integer':
      return { kind: 'scalar', type, goType: 'int64', ...allowed };
    case 'boolean':
      return { kind: 'scalar', type, goType: 'bool', ...allowed };
    case 'string':
      return { kind: 'scalar', type, goType: 'string', ...allowed };
    default:
      return untyped;
  }
}
