const step = /^(?:\.?([\w-]+)|\[(\d+)\])/;

/** The steps of a path into JSON, `$.checks[0].ok` or `checks[0].ok`; `undefined` where it is none. */
export function parseJsonPath(path: string): readonly string[] | undefined {
  let rest = path.trim().replace(/^\$(?=[.[]|$)/, '');
  const steps: string[] = [];
  while (rest !== '') {
    const [whole, name, index] = step.exec(rest) ?? [];
    const part = name ?? index;
    if (whole === undefined || part === undefined) return undefined;
    steps.push(part);
    rest = rest.slice(whole.length);
  }
  return steps.length > 0 ? steps : undefined;
}

/** The value there; `undefined` where the document has no such place. Only what the document says itself, nothing inherited. */
export function jsonAt(document: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Readonly<Record<string, unknown>>)[name]
        : undefined,
    document,
  );
}
