/** What Emissary makes of the weights of one group, in the order in which Envoy will try the routes. */
export interface GroupWeights {
  /** For each route, the position of its Mapping in the list that was given. */
  readonly order: readonly number[];
  /** For each route, the running sum that Envoy gets as `runtime_fraction`, in percent. */
  readonly sums: readonly number[];
  /** Emissary's error; the sums above are used all the same. */
  readonly error?: string;
}

/**
 * Normalises the declared weights of a group's Mappings, given in Emissary's order (`facts/emissary.md 4`): a Mapping
 * alone has 100, weighted ones come first with running sums, unweighted ones share the rest. Sums below 100 are not
 * scaled; over 100, or with a weight over 100, the error leaves the sums as far as they were counted.
 */
export function groupWeights(declared: readonly { name: string; weight?: number }[]): GroupWeights {
  if (declared.length === 1) return { order: [0], sums: [100] };
  const asGiven = declared.map((_, index) => index);
  const sums = declared.map(() => 0);
  const unweighted: number[] = [];
  const weighted: number[] = [];
  let sum = 0;
  for (const [index, { name, weight }] of declared.entries()) {
    if (weight === undefined) {
      unweighted.push(index);
      continue;
    }
    if (weight > 100) {
      return { order: asGiven, sums, error: `Mapping ${name} has invalid weight ${weight}` };
    }
    sum += weight;
    sums[index] = sum;
    weighted.push(index);
  }
  if (sum > 100) {
    const error = 'Total weight of mappings exceeds 100, please reconfigure for correct behavior...';
    return { order: asGiven, sums, error };
  }
  const each = roundHalfToEven((100 - sum) / unweighted.length);
  for (const [position, index] of unweighted.entries()) {
    sum = position === unweighted.length - 1 ? 100 : sum + each;
    sums[index] = sum;
  }
  const order = [...weighted, ...unweighted];
  return { order, sums: order.map(index => sums[index] ?? 0) };
}

/**
 * The percent of requests that each route really gets: Envoy draws one number per request and takes the first route
 * whose running sum is above it. What is missing to 100 falls through to a less specific route, or is a 404.
 */
export function trafficShares(sums: readonly number[]): number[] {
  let taken = 0;
  return sums.map(sum => {
    const upTo = Math.max(taken, Math.min(100, sum));
    const share = upTo - taken;
    taken = upTo;
    return share;
  });
}

/** Python's `round`: 12.5 gives 12, 37.5 gives 38. */
function roundHalfToEven(value: number): number {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}
