import * as models from '@kubernetes/client-node/dist/gen/models/all.js';
import { atomicMaps, atomicTypes, mergeKeys, quantityMaps, quantityTexts, sets } from './merge-rules.ts';
import { type Schema, type Struct, text, untyped } from './schema.ts';

interface Attribute {
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

interface Model {
  readonly attributeTypeMap?: readonly Attribute[];
}

const structs = new Map<string, Struct>();

/**
 * The schema of a built-in type by the name of its model in client-node (`V1Deployment`), whose models are generated from
 * Kubernetes' own OpenAPI description. What the models leave out, the way lists and maps merge, is in `merge-rules.ts`.
 */
export function builtinSchema(model: string): Struct {
  const known = structs.get(model);
  if (known) return known;
  const struct = new BuiltinStruct(model);
  structs.set(model, struct);
  return struct;
}

class BuiltinStruct implements Struct {
  readonly kind = 'struct';
  readonly name: string;
  readonly required: readonly string[] = [];
  readonly atomic: boolean;
  readonly open = false;
  readonly #model: string;
  #fields: ReadonlyMap<string, Schema> | undefined;

  constructor(model: string) {
    this.#model = model;
    this.name = goName(model);
    this.atomic = atomicTypes.has(this.name);
  }

  get fields(): ReadonlyMap<string, Schema> {
    this.#fields ??= new Map(
      attributesOf(this.#model).map(attribute => [attribute.baseName, this.#fieldSchema(attribute)]),
    );
    return this.#fields;
  }

  #fieldSchema({ baseName, type, format }: Attribute): Schema {
    const field = `${this.name}.${baseName}`;
    if (quantityMaps.has(field)) return { kind: 'map', values: quantity, atomic: false };
    if (quantityTexts.has(field)) return quantity;
    const schema = schemaOf(type, format);
    if (schema.kind === 'map') return { ...schema, atomic: atomicMaps.has(field) };
    if (schema.kind !== 'list') return schema;
    const keys = mergeKeys.get(field);
    return { ...schema, merge: keys ? { keys } : sets.has(field) ? 'set' : 'atomic' };
  }
}

const quantity: Schema = { kind: 'scalar', type: 'quantity', goType: 'resource.Quantity' };

function attributesOf(model: string): readonly Attribute[] {
  const found = (models as unknown as Readonly<Record<string, Model | undefined>>)[model]?.attributeTypeMap;
  if (!found) throw new Error(`client-node has no model ${model}`);
  return found;
}

/** `V1Container`, `CoreV1Event` and `V2MetricSpec` are Go's `Container`, `Event` and `MetricSpec`. */
function goName(model: string): string {
  return model.replace(/^(?:[A-Z][a-z]+)?V\d+(?:(?:alpha|beta)\d+)?(?=[A-Z])/, '');
}

function schemaOf(type: string, format: string): Schema {
  const list = /^Array<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) return { kind: 'list', items: schemaOf(list, ''), merge: 'atomic' };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map !== undefined) return { kind: 'map', values: schemaOf(map, ''), atomic: false };
  switch (type) {
    case 'string':
    case 'Date':
      return text;
    case 'V1MicroTime':
      return { kind: 'scalar', type: 'micro-time', goType: 'v1.MicroTime' };
    case 'boolean':
      return { kind: 'scalar', type: 'boolean', goType: 'bool' };
    case 'number':
      return format === 'double'
        ? { kind: 'scalar', type: 'number', goType: 'float64' }
        : { kind: 'scalar', type: 'integer', goType: format || 'int64' };
    case 'IntOrString':
      return { kind: 'scalar', type: 'int-or-string', goType: 'intstr.IntOrString' };
    case 'any':
    case 'object':
      return untyped;
    default:
      return builtinSchema(type);
  }
}
