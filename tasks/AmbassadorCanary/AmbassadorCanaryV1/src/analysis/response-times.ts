import type { Duration } from '../release/duration.ts';
import type { Counted } from './counters.ts';

/**
 * The edges of Envoy's default histogram buckets in milliseconds (`envoy_cluster_upstream_rq_time_bucket`, label `le`). Envoy
 * fills the buckets only when it flushes its statistics, each 5 s, so they trail the request counters (measured with 1.40).
 */
export const bucketEdges = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
] as const;

/** A bucket as Prometheus has it: how many requests took `edge` milliseconds at most. */
export interface Bucket {
  /** The last one is infinite. */
  readonly edge: number;
  readonly count: number;
}

/**
 * The edge that a limit is judged at: the nearest not below it, for only there the buckets hold exact counts. Upwards, so that what is
 * called too slow really broke the limit that was asked for; the price is that a limit between two edges is a milder one. A
 * limit above the last edge, one hour, is judged at that.
 */
export function edgeFor(limit: Duration): number {
  return bucketEdges.find(edge => edge >= limit.milliseconds) ?? 3_600_000;
}

/** Fewer requests say little of a p95. */
const enoughForP95 = 100;
/** Nobody notices what is faster, and a cold process or a busy node makes more of a difference there than the version does. */
const fastEnough = 25;

/**
 * The upper edge, in milliseconds, of the bucket that holds the p95 of these requests, 25 at least; `undefined` where they are
 * too few.
 */
export function ownEdge(counted: readonly Counted[]): number | undefined {
  const buckets = bucketsOf(counted);
  const total = totalOf(buckets);
  if (total < enoughForP95) return undefined;
  return buckets.find(
    ({ edge, count }) => edge >= fastEnough && Number.isFinite(edge) && count >= 0.95 * total,
  )?.edge;
}

/** Sums the buckets of several series, in the order of their edges. Labels are numbers in any spelling: `5`, `5.0`, `3.6e+06`. */
export function bucketsOf(counted: readonly Counted[]): readonly Bucket[] {
  const counts = new Map<number, number>();
  for (const { labels, count } of counted) {
    const edge = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number.parseFloat(labels.le ?? '');
    if (!Number.isNaN(edge)) counts.set(edge, (counts.get(edge) ?? 0) + count);
  }
  return [...counts].map(([edge, count]) => ({ edge, count })).sort((a, b) => a.edge - b.edge);
}

/** How many requests the buckets hold. */
export function totalOf(buckets: readonly Bucket[]): number {
  const last = buckets.at(-1);
  return last?.edge === Number.POSITIVE_INFINITY ? last.count : 0;
}

/** How many requests took longer than the edge; `undefined` where the buckets have no such edge. */
export function slowerThan(edge: number, buckets: readonly Bucket[]): number | undefined {
  const bucket = buckets.find(candidate => candidate.edge === edge);
  return bucket === undefined ? undefined : Math.max(0, totalOf(buckets) - bucket.count);
}

/**
 * The quantile in milliseconds, taking the times to be spread evenly within their bucket as Prometheus' `histogram_quantile`
 * does; infinite where it lies above the last finite edge. For showing only: what is judged are the exact counts.
 */
export function estimateQuantile(quantile: number, buckets: readonly Bucket[]): number {
  const rank = quantile * totalOf(buckets);
  const index = buckets.findIndex(({ count }) => count >= rank);
  const bucket = buckets[index];
  if (bucket === undefined || bucket.edge === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const below = buckets[index - 1] ?? { edge: 0, count: 0 };
  if (bucket.count === below.count) return below.edge;
  return below.edge + (bucket.edge - below.edge) * ((rank - below.count) / (bucket.count - below.count));
}
