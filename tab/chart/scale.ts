/** From one range of numbers onto another, in a straight line. */
export type Scale = (value: number) => number;

/** A domain without any length maps onto the middle of the range. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [from, to] = domain;
  const [start, end] = range;
  return value => (to === from ? (start + end) / 2 : start + ((value - from) / (to - from)) * (end - start));
}

/**
 * The part of the number line that shows all of these values with some air around them; never beyond `bounds`, for no share is
 * above 100 %. Values that are all the same get a range around them.
 */
export function paddedDomain(
  values: readonly number[],
  bounds: readonly [number, number] = [-Infinity, Infinity],
): readonly [number, number] {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return [0, 1];
  const least = known.reduce((a, b) => Math.min(a, b));
  const most = known.reduce((a, b) => Math.max(a, b));
  const air = most > least ? (most - least) * 0.12 : Math.max(Math.abs(most) * 0.05, 0.5);
  return [Math.max(bounds[0], least - air), Math.min(bounds[1], most + air)];
}
