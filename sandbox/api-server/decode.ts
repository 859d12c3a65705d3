import { isObject, type KubeObject } from '../objects.ts';
import { checkTypes, type Misfit } from './check-types.ts';
import type { Resource } from './resources.ts';
import type { Schema } from './schema.ts';
import {
  ApiError,
  badRequest,
  type Cause,
  internal,
  invalid,
  required,
  unsupportedValue,
  wrongType,
} from './status.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface Decoded {
  readonly object: KubeObject;
  /** One `Warning` header for each: fields that do not exist. */
  readonly warnings: readonly string[];
}

/** Reads an object that is written whole. Built-in kinds refuse what Go could not decode, custom ones what their schema forbids. */
export function decodeObject(resource: Resource, body: unknown, validation: FieldValidation): Decoded {
  const { value, misfits } = checkTypes(body, resource.schema);
  const subject = `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}`;
  const unknown = misfits.filter(misfit => misfit.problem === 'unknown').map(unknownField);
  if (unknown.length > 0 && validation === 'Strict') {
    throw badRequest(`${subject}: strict decoding error: ${unknown.join(', ')}`);
  }
  if (!resource.custom) {
    const wrong = misfits.find(misfit => misfit.problem === 'type');
    if (wrong) throw badRequest(`${subject}: ${decodingProblem(wrong)}`);
  }
  return { object: value as KubeObject, warnings: validation === 'Warn' ? unknown : [] };
}

/** Refuses a custom resource that its CRD's schema forbids. Runs after admission, so that patches are held to it as well. */
export function validateSchema(resource: Resource, object: KubeObject): void {
  if (!resource.custom) return;
  const causes = checkTypes(object, resource.schema).misfits.flatMap(misfit => schemaCause(misfit));
  if (causes.length > 0) throw invalid(resource.group, resource.kind, object.metadata.name ?? '', causes);
}

/** Reads a server-side apply's configuration: it must fit the schema to the letter, or the merge could not be typed. */
export function decodeApplied(resource: Resource, body: KubeObject): KubeObject {
  // Merged as written: who writes the same quantity otherwise takes it over.
  const { value, misfits } = checkTypes(body, resource.schema, 'as-written');
  const unconvertible = misfits.find(({ problem, schema }) => {
    return problem === 'type' && schema.kind === 'scalar' && ['micro-time', 'quantity'].includes(schema.type);
  });
  if (unconvertible) {
    const { groupVersion, who } = patchNames(body);
    const type = `${groupVersion}, Kind=${body.kind}`;
    const why = `unable to convert unstructured object to ${type}: ${decodingProblem(unconvertible)}`;
    throw internal(`failed to convert new object (${who}) to proper version: ${why}`);
  }
  const problems = misfits
    .flatMap(misfit => typingProblem(resource, misfit))
    .sort((a, b) => (a < b ? -1 : 1));
  if (problems[0] !== undefined) {
    throw internal(`failed to create typed patch object (${patchNames(body).who}): ${problems[0]}`);
  }
  return value as KubeObject;
}

function patchNames({ apiVersion, kind, metadata }: KubeObject): { groupVersion: string; who: string } {
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  return {
    groupVersion,
    who: `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}; ${groupVersion}, Kind=${kind}`,
  };
}

/** A patched object that can't be decoded is told of as a whole, with a subject that has no name. */
export function decodePatched(resource: Resource, patched: unknown): KubeObject {
  try {
    return decodeObject(resource, patched, 'Ignore').object;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const why = error.message.replace(/^.* cannot be handled as a [^:]+: /, '');
    const value = JSON.stringify(patched);
    const cause = {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
      field: 'patch',
    };
    throw invalid('', '', '', [cause]);
  }
}

function unknownField(misfit: Misfit): string {
  return `unknown field "${misfit.field}"`;
}

/** What Go's JSON decoder says. */
function decodingProblem({ goField, owner, schema, value }: Misfit): string {
  if (schema.kind === 'scalar' && schema.type === 'quantity') {
    return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  }
  if (schema.kind === 'scalar' && schema.type === 'micro-time') {
    return `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"`;
  }
  const found =
    typeof value === 'number' && goType(schema) !== 'string' ? `number ${value}` : jsonType(value);
  return `json: cannot unmarshal ${found} into Go struct field ${owner}.${goField} of type ${goType(schema)}`;
}

function schemaCause(misfit: Misfit): Cause[] {
  const { problem, field, schema, value } = misfit;
  if (problem === 'missing') return [required(field)];
  if (problem === 'value' && schema.kind === 'scalar')
    return [unsupportedValue(field, value, schema.allowed ?? [])];
  if (problem === 'type') return [wrongType(field, openApiType(value), schemaType(schema))];
  return [];
}

/** What structured-merge-diff says. Whether a number is whole, which values are allowed and what must be there is not its business. */
function typingProblem(resource: Resource, misfit: Misfit): string[] {
  const { problem, typedField, schema, value } = misfit;
  if (problem === 'unknown') return [`${typedField}: field not declared in schema`];
  if (problem === 'duplicate') {
    const element = String(value);
    const key = element.startsWith('v:') ? `[=${element.slice(2)}]` : keyText(element);
    return [`${typedField}: duplicate entries for key ${key}`];
  }
  if (problem !== 'type') return [];
  const shown = typeof value === 'object' ? goValue(value) : String(value);
  switch (schema.kind) {
    case 'list':
      return [`${typedField}: expected list, got &{${shown}}`];
    case 'map':
    case 'struct':
      return [`${typedField}: expected map, got &{${shown}}`];
    case 'scalar':
      if (schema.type === 'boolean') return [`${typedField}: expected boolean, got &{${shown}}`];
      if (schema.type === 'string') {
        return [`${typedField}: expected string, got &value.valueUnstructured{Value:${shown}}`];
      }
      if (typeof value === 'number')
        return resource.custom ? [] : [`${typedField}: cannot convert float64 to ${schema.goType}`];
      return [`${typedField}: expected numeric (int or float), got ${jsonType(value)}`];
    case 'untyped':
      return [];
  }
}

function keyText(element: string): string {
  const keys = Object.entries(JSON.parse(element.slice(2)) as object);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (isObject(value)) return 'object';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function openApiType(value: unknown): string {
  const type = jsonType(value);
  return type === 'bool' ? 'boolean' : Number.isInteger(value) ? 'integer' : type;
}

function schemaType(schema: Schema): string {
  if (schema.kind === 'list') return 'array';
  return schema.kind === 'scalar' ? schema.type : 'object';
}

function goType(schema: Schema): string {
  switch (schema.kind) {
    case 'scalar':
      return schema.goType;
    case 'list':
      return `[]${goType(schema.items)}`;
    case 'map':
      return `map[string]${goType(schema.values)}`;
    case 'struct':
      return `v1.${schema.name}`;
    case 'untyped':
      return 'interface {}';
  }
}

/** Go's `%v` of decoded JSON. */
function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (!isObject(value)) return String(value);
  return `map[${Object.entries(value)
    .map(([key, item]) => `${key}:${goValue(item)}`)
    .join(' ')}]`;
}
