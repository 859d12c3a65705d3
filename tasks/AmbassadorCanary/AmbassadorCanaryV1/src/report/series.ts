import type { Measurement, Verdict } from '../release/verdict.ts';
import { most } from './limits.ts';

/** One measurement as a chart needs it. */
export interface SeriesPoint {
  readonly at: number;
  /** In percent. */
  readonly weight: number;
  readonly measurement: Measurement;
}

/** The answers to one check, in the order of their time. */
export interface Series {
  readonly check: string;
  readonly points: readonly SeriesPoint[];
  /** How many there were besides. */
  readonly leftOut: number;
}

/** The series with one more answer. Of a long release it holds twice as many points as a report shows, however long that is. */
export function withPoint(all: readonly Series[], point: SeriesPoint): readonly Series[] {
  const { check } = point.measurement;
  const place = all.findIndex(series => series.check === check);
  const { points: before = [], leftOut = 0 } = all[place] ?? {};
  const shown = pointsOfEach(all.length);
  const kept = before.length < 2 * shown ? before : thinned(before, shown);
  const points = [...kept, point];
  const series = { check, points, leftOut: leftOut + before.length - kept.length };
  return place === -1 ? [...all, series] : all.with(place, series);
}

/** How many points of each a report shows of so many checks. */
export function pointsOfEach(checks: number): number {
  return Math.min(most.pointsOfCheck, Math.floor(most.points / Math.max(1, Math.min(checks, most.checks))));
}

const ranks: Readonly<Record<Verdict, number>> = { pass: 0, inconclusive: 1, error: 2, fail: 3 };

/**
 * No more points than are allowed, evenly over the time, also where some are left of more already: the worst of each stretch, and always the
 * last of all.
 */
export function thinned(points: readonly SeriesPoint[], limit: number): readonly SeriesPoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length <= limit) return points;
  const before = points.slice(0, -1);
  const time = last.at - first.at;
  const stretches = new Map<number, SeriesPoint[]>();
  for (const [index, point] of before.entries()) {
    // Answers of one moment are in their order.
    const way = time > 0 ? (point.at - first.at) / time : index / before.length;
    const place = Math.min(limit - 2, Math.floor(way * (limit - 1)));
    const stretch = stretches.get(place);
    if (stretch === undefined) stretches.set(place, [point]);
    else stretch.push(point);
  }
  const kept = [...stretches.values()].map(worstOf);
  return [...kept.filter(point => point !== undefined), last];
}

function worstOf(points: readonly SeriesPoint[]): SeriesPoint | undefined {
  const rank = (point: SeriesPoint) => ranks[point.measurement.verdict];
  return points.reduce<SeriesPoint | undefined>(
    (worst, point) => (worst === undefined || rank(point) > rank(worst) ? point : worst),
    undefined,
  );
}
