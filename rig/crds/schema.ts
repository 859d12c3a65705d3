/** A part of an OpenAPI v3 schema, as a CustomResourceDefinition carries it. */
export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
/** Without bounds: Emissary's schemas have none, so -5 and 101 are accepted as weights (`facts/emissary.md 7`). */
export const integer: Schema = { type: 'integer' };
/** Whatever is written is kept. */
export const anything: Schema = { 'x-kubernetes-preserve-unknown-fields': true };
/** An object of whatever fields. */
export const anyObject: Schema = { type: 'object', ...anything };

export const oneOf = (...values: (string | number)[]): Schema => ({
  type: typeof values[0] === 'number' ? 'integer' : 'string',
  enum: values,
});
export const listOf = (items: Schema): Schema => ({ type: 'array', items });
export const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
/** An object with these fields; others are pruned. */
export const record = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});

/** A kind of getambassador.io: what its spec looks like and what else its CRD says. */
export interface Kind {
  readonly kind: string;
  readonly spec: Record<string, Schema>;
  readonly required?: string[];
  /** Fields whose v2 form differs: older versions took them in short forms. */
  readonly v2?: Record<string, Schema>;
  /** Absent means that the kind was never served as v2. */
  readonly servedAsV2: boolean;
  /** The fields of the status subresource; absent means that there is none. */
  readonly status?: Record<string, Schema>;
  readonly columns?: readonly { name: string; jsonPath: string }[];
}
