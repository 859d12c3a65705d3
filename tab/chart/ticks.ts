/** Round numbers within a range, `count` of them or some less; 1, 2 or 5 times a power of ten apart. */
export function valueTicks([from, to]: readonly [number, number], count: number): readonly number[] {
  if (!(to > from) || !Number.isFinite(to - from)) return Number.isFinite(from) ? [from] : [];
  const least = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5, 10].find(factor => factor * power >= least) ?? 10) * power;
  return multiples(step, from, to);
}

/** How many digits after the point tell neighbouring ticks apart. */
export function digitsFor(ticks: readonly number[]): number {
  const [first, second] = ticks;
  if (first === undefined || second === undefined) return 2;
  return Math.min(6, Math.max(0, -Math.floor(Math.log10(second - first) + 1e-9)));
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const timeSteps = [1, 2, 5, 10, 15, 30]
  .flatMap(factor => [factor * second, factor * minute])
  .concat([1, 2, 3, 6, 12].map(factor => factor * hour))
  .toSorted((a, b) => a - b);

/** Round times within a range of milliseconds, `count` of them or some less. */
export function timeTicks([from, to]: readonly [number, number], count: number): readonly number[] {
  if (!(to > from) || !Number.isFinite(to - from)) return [];
  const least = (to - from) / Math.max(1, count);
  const step = timeSteps.find(one => one >= least) ?? Math.ceil(least / day) * day;
  return multiples(step, from, to);
}

function multiples(step: number, from: number, to: number): readonly number[] {
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  // A product instead of a sum: 0.1 + 0.2 is no round number. `+ 0` takes the sign off a zero.
  return Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, index) => tidy((first + index) * step) + 0,
  );
}

function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
