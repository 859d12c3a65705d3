/** Both lists, and what is in both by its key once: as the first says it. */
export function union<T>(one: readonly T[], other: readonly T[], key: (item: T) => string): readonly T[] {
  const known = new Set(one.map(key));
  return [...one, ...other.filter(item => !known.has(key(item)))];
}
