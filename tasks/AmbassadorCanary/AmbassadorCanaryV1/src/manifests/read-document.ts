/** A way into a JSON value: field names and list indexes. */
export type Path = readonly (string | number)[];

/** Something wrong with a manifest, at a line that counts from 1. */
export interface Problem {
  readonly line: number;
  readonly reason: string;
  readonly hint?: string;
}

/** One document of a file: its value as JSON, or all that keeps it from being read. */
export type ReadDocument =
  | {
      readonly kind: 'value';
      readonly value: unknown;
      /** The line at which the value at the end of the path stands, or the last one on the way that exists. */
      readonly lineAt: (path: Path) => number;
    }
  | { readonly kind: 'broken'; readonly problems: readonly Problem[] };

/** Deeper nesting than this is no manifest, and the reading is recursive. */
export const deepest = 500;

/** Sets a field as JSON.parse does, so that the key `__proto__` is a field like others. */
export function setField(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    record[key] = value;
  }
}
