/** What lies at a path of an answer; `undefined` where there is nothing. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null ? (part as Record<string, unknown>)[key] : undefined,
    value,
  );
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

/** The items of an answer with a list, `{ value: [...] }`, or of the field at the path. At most 200: more is not for people. */
export function listOf(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...(path.length === 0 ? ['value'] : path));
  return Array.isArray(found) ? found.slice(0, 200) : [];
}
