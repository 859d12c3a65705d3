import { isObject, type JsonObject } from '../objects.ts';
import { itemElement } from './list-items.ts';
import { canonicalQuantity } from './quantity.ts';
import {
  fieldSchema,
  type ListOf,
  type MapOf,
  resolve,
  type Scalar,
  type Schema,
  type Struct,
} from './schema.ts';

/** Where a value does not fit its schema. The three ways in which the API server tells of it are in `decode.ts`. */
export interface Misfit {
  readonly problem: 'unknown' | 'type' | 'value' | 'duplicate' | 'missing';
  /** `spec.template.spec.containers[0].image`. */
  readonly field: string;
  /** `.spec.template.spec.containers[name="web"].image`. */
  readonly typedField: string;
  readonly schema: Schema;
  readonly value: unknown;
  /** `metadata.labels`: without keys of maps and places in lists. */
  readonly goField: string;
  /** The Go type that has the field: `DeploymentSpec`. */
  readonly owner: string;
}

export interface Checked {
  /** The value without nulls and without fields that do not exist, quantities in their canonical form unless told. */
  readonly value: unknown;
  readonly misfits: readonly Misfit[];
}

interface Place {
  readonly field: string;
  readonly typedField: string;
  readonly goField: string;
  readonly owner: string;
}

/** Holds a value against its schema. */
export function checkTypes(
  value: unknown,
  schema: Schema,
  quantities: 'canonical' | 'as-written' = 'canonical',
): Checked {
  const finding = { misfits: [], quantities };
  const checked = check(value, schema, { field: '', typedField: '', goField: '', owner: '' }, finding);
  return { value: checked, misfits: finding.misfits };
}

interface Finding {
  readonly misfits: Misfit[];
  readonly quantities: 'canonical' | 'as-written';
}

function check(value: unknown, unresolved: Schema, place: Place, finding: Finding): unknown {
  const { misfits } = finding;
  const schema = resolve(unresolved, value);
  const misfit = (problem: Misfit['problem'], found: Schema = schema) =>
    misfits.push({ problem, ...place, schema: found, value });
  switch (schema.kind) {
    case 'scalar': {
      if (unresolved.kind === 'untyped') return value;
      const scalar = scalarOf(value, schema);
      if (scalar === undefined) misfit('type');
      else if (schema.allowed && !schema.allowed.includes(scalar)) misfit('value');
      return schema.type === 'quantity' && finding.quantities === 'as-written' ? value : (scalar ?? value);
    }
    case 'list':
      if (!Array.isArray(value)) {
        misfit('type');
        return value;
      }
      return checkItems(value, schema, place, finding);
    case 'map':
    case 'struct': {
      if (!isObject(value)) {
        misfit('type');
        return value;
      }
      const checked: JsonObject = {};
      for (const [field, item] of Object.entries(value)) {
        if (item === null || item === undefined) continue;
        const below = under(place, field, schema);
        const type = fieldSchema(schema, field);
        if (type) checked[field] = check(item, type, below, finding);
        else misfits.push({ problem: 'unknown', ...below, schema, value: item });
      }
      for (const field of schema.kind === 'struct' ? schema.required : []) {
        if (checked[field] === undefined) {
          misfits.push({ problem: 'missing', ...under(place, field, schema), schema, value: undefined });
        }
      }
      return checked;
    }
  }
}

function checkItems(items: readonly unknown[], list: ListOf, place: Place, finding: Finding): unknown[] {
  const { misfits } = finding;
  const seen = new Set<string>();
  return items.map((item, index) => {
    const element = list.merge === 'atomic' ? undefined : itemElement(list, item);
    if (element !== undefined && seen.has(element)) {
      misfits.push({ problem: 'duplicate', ...place, schema: list, value: element });
    }
    if (element !== undefined) seen.add(element);
    const below = {
      field: `${place.field}[${index}]`,
      typedField: place.typedField + itemText(element, index),
      goField: place.goField,
      owner: place.owner,
    };
    return check(item, list.items, below, finding);
  });
}

function itemText(element: string | undefined, index: number): string {
  if (element === undefined) return `[${index}]`;
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
  const keys = Object.entries(JSON.parse(element.slice(2)) as JsonObject);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}

function under(place: Place, field: string, parent: Struct | MapOf): Place {
  const joined = (path: string) => (path === '' ? field : `${path}.${field}`);
  const isStruct = parent.kind === 'struct';
  return {
    field: joined(place.field),
    typedField: `${place.typedField}.${field}`,
    goField: isStruct ? joined(place.goField) : place.goField,
    owner: isStruct ? parent.name : place.owner,
  };
}

/** The value as it is stored; `undefined` where it is of another type. */
function scalarOf(value: unknown, schema: Scalar): unknown {
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'integer':
      return Number.isInteger(value) ? value : undefined;
    case 'number':
      return typeof value === 'number' ? value : undefined;
    case 'int-or-string':
      return typeof value === 'string' || Number.isInteger(value) ? value : undefined;
    case 'micro-time':
      // Whole seconds are refused: the API server reads these times with six digits after the point, and no other way.
      return typeof value === 'string' && /^.{19}\.\d{6}(Z|[+-]\d\d:\d\d)$/.test(value) ? value : undefined;
    case 'quantity':
      return typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(value) : undefined;
  }
}
