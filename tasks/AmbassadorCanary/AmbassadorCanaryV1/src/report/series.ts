import type { Measurement, Verdict } from '../release/verdict.ts';

/** One measurement as a chart needs it. */
export interface SeriesPoint {
  readonly at: number;
  /** In percent. */
  readonly weight: number;
  readonly measurement: Measurement;
}

/** All answers to one check, in the order of their time. */
export interface Series {
  readonly check: string;
  readonly points: readonly SeriesPoint[];
}

/** The series with one more answer. */
export function withPoint(all: readonly Series[], point: SeriesPoint): readonly Series[] {
  const { check } = point.measurement;
  const place = all.findIndex(series => series.check === check);
  const points = [...(all[place]?.points ?? []), point];
  return place === -1 ? [...all, { check, points }] : all.with(place, { check, points });
}

const ranks: Readonly<Record<Verdict, number>> = { pass: 0, inconclusive: 1, error: 2, fail: 3 };

/** As many points as are allowed, evenly over the time: the worst of each stretch, and always the last of all. */
export function thinned(points: readonly SeriesPoint[], most: number): readonly SeriesPoint[] {
  const last = points.at(-1);
  if (last === undefined || points.length <= most) return points;
  const before = points.slice(0, -1);
  const stretch = before.length / (most - 1);
  const kept = Array.from({ length: most - 1 }, (_, index) =>
    worstOf(before.slice(Math.floor(index * stretch), Math.floor((index + 1) * stretch))),
  );
  return [...kept.filter(point => point !== undefined), last];
}

function worstOf(points: readonly SeriesPoint[]): SeriesPoint | undefined {
  const rank = (point: SeriesPoint) => ranks[point.measurement.verdict];
  return points.reduce<SeriesPoint | undefined>(
    (worst, point) => (worst === undefined || rank(point) > rank(worst) ? point : worst),
    undefined,
  );
}
