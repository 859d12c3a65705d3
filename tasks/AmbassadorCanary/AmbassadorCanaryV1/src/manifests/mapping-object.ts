/** Where a Mapping stands that is no object of its own: in `getambassador.io/config` of this Service or Ingress. */
export interface AnnotationPlace {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Which document of the annotation, from 1. */
  readonly position: number;
}

/**
 * What the rules of grouping need of an Emissary Mapping: an object as it came from a manifest or the API server, or one as
 * `mapping-annotation.ts` reads it.
 */
export interface MappingObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly annotatedOn?: AnnotationPlace;
}

/** The namespace of a Mapping; the API server's default where a manifest names none. */
export function namespaceOf(mapping: MappingObject): string {
  return mapping.metadata.namespace ?? 'default';
}

/** Compares by Unicode code points, as Python and Go sort text; JavaScript's `<` compares UTF-16 units. */
export function compareText(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The text of a field, or `undefined` where it is absent or empty: Emissary's Go types leave both out. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
