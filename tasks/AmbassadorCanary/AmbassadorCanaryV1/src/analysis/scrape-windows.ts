import type { Window } from './comparison.ts';
import type { Counted, Gain } from './counters.ts';
import type { Counts } from './dispersion.ts';
import { bucketsOf, slowerThan, totalOf } from './response-times.ts';
import { groupBy } from './series.ts';

/** Sums up what was counted: how many requests, how many of them bad. */
export type CountBad = (counted: readonly Counted[]) => Counts;

/** Tells the versions apart by the names of their Envoy clusters. */
export interface VersionNames {
  readonly canary: ReadonlySet<string>;
  readonly stable: ReadonlySet<string>;
}

/**
 * Puts gains together that were scraped within the same `width` (seconds), of all Envoys: a burst of bad requests meets them all at
 * once, so one by one they would look like many independent ones. In the order of their time.
 */
export function windowsOf(
  gains: readonly Gain[],
  { canary, stable }: VersionNames,
  width: number,
  count: CountBad,
): readonly Window[] {
  const slots = groupBy(gains, ({ time }) => String(Math.floor(time / width)));
  const of = (slot: readonly Gain[], names: ReadonlySet<string>) =>
    count(slot.filter(({ labels }) => names.has(labels.envoy_cluster_name ?? '')));
  return [...slots]
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, slot]) => ({ canary: of(slot, canary), stable: of(slot, stable) }));
}

/** A bad request is one of class 5, Envoy's own for a refused connection among them (facts/emissary.md 10). */
export const countErrors: CountBad = counted => ({
  total: sum(counted),
  bad: sum(counted.filter(({ labels }) => labels.envoy_response_code_class === '5')),
});

/** A bad request is one that took longer than `edge` milliseconds. */
export function countSlow(edge: number): CountBad {
  return counted => {
    const buckets = bucketsOf(counted);
    const total = totalOf(buckets);
    // What gained nothing is not among the gains.
    return { total, bad: slowerThan(edge, buckets) ?? total };
  };
}

function sum(counted: readonly Counted[]): number {
  return Math.round(counted.reduce((all, { count }) => all + count, 0));
}
