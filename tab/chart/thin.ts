/**
 * At most about `most` of the items, in their order: of each stretch the smallest and the largest, and always the first, the last and
 * what `keep` wants, so that no peak and no failure is lost.
 */
export function thin<T>(
  items: readonly T[],
  most: number,
  heightOf: (item: T) => number,
  keep: (item: T) => boolean = () => false,
): readonly T[] {
  if (items.length <= most) return items;
  const stretch = Math.ceil(items.length / Math.max(1, Math.floor(most / 2)));
  const kept = new Set<number>([0, items.length - 1]);
  for (let start = 0; start < items.length; start += stretch) {
    let low = start;
    let high = start;
    for (let index = start; index < Math.min(items.length, start + stretch); index++) {
      const value = heightOf(items[index] as T);
      if (!(value >= heightOf(items[low] as T))) low = index;
      if (!(value <= heightOf(items[high] as T))) high = index;
      if (keep(items[index] as T)) kept.add(index);
    }
    kept.add(low).add(high);
  }
  return items.filter((_, index) => kept.has(index));
}
