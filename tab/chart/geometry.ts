import type { Report, ReportCheck, ReportPoint, ReportStep } from '../report.ts';
import { linePath, type Point, stepPath } from './path.ts';
import { linearScale, paddedDomain } from './scale.ts';
import { thin } from './thin.ts';
import { digitsFor, timeTicks, valueTicks } from './ticks.ts';

/** A tick and where it stands, in pixels. */
export interface Tick {
  readonly at: number;
  readonly value: number;
}

export interface Marker extends Point {
  readonly verdict: ReportPoint['verdict'];
  /** Which measurement of the check it is. */
  readonly index: number;
}

/** Where everything of one chart stands, in pixels. */
export interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly plot: {
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  };
  readonly valueTicks: readonly Tick[];
  readonly digits: number;
  readonly timeTicks: readonly Tick[];
  /** The canary's weight behind the lines: all of the height is 100 %. */
  readonly weight: readonly {
    readonly x: number;
    readonly width: number;
    readonly y: number;
    readonly weight: number;
  }[];
  readonly canary: string;
  readonly stable: string;
  readonly limit: string;
  readonly markers: readonly Marker[];
  /** Where each measurement stands, for a reader who walks through them. */
  readonly positions: readonly number[];
}

const margin = { left: 52, right: 12, top: 14, bottom: 24 };
/** Below the lines, for the words of the weights. */
const labelRoom = 18;
/** More would be less than two pixels apart. */
const mostDrawn = 240;
const mostMarkers = 48;

/** Lays out the chart of a check in a picture of this width and height. Times are in milliseconds since the epoch. */
export function layOut(
  check: ReportCheck,
  steps: readonly ReportStep[],
  [from, until]: readonly [number, number],
  [width, height]: readonly [number, number],
): Geometry {
  const plot = {
    left: margin.left,
    right: Math.max(margin.left + 40, width - margin.right),
    top: margin.top,
    bottom: height - margin.bottom,
  };
  const { points } = check;
  const values = points.flatMap(({ value, stable, limit }) =>
    [value, stable, limit].filter(number => number !== undefined),
  );
  const bounds = [
    values.every(value => value >= 0) ? 0 : -Infinity,
    check.unit === '%' ? 100 : Infinity,
  ] as const;
  const domain = paddedDomain(values, bounds);
  const x = linearScale([from, Math.max(until, from + 1)], [plot.left, plot.right]);
  const y = linearScale(domain, [plot.bottom - labelRoom, plot.top]);
  const times = points.map(({ at }) => Date.parse(at));
  const place = (index: number, value: number | undefined) =>
    value === undefined ? undefined : { x: x(times[index] ?? from), y: y(value) };

  const indexed = points.map((point, index) => ({ point, index }));
  const bad = ({ point }: { point: ReportPoint }) => point.verdict === 'fail' || point.value === undefined;
  const drawn = thin(indexed, mostDrawn, ({ point }) => point.value ?? Number.NaN, bad);
  // Where there are many, a dot for each good one would hide the line.
  const marked =
    points.length <= mostMarkers ? indexed : indexed.filter(({ point }) => point.verdict !== 'pass');
  const ticks = valueTicks(domain, 4);
  return {
    width,
    height,
    plot,
    valueTicks: ticks.map(value => ({ at: y(value), value })),
    digits: digitsFor(ticks),
    timeTicks: timeTicks([0, until - from], Math.max(2, Math.floor((plot.right - plot.left) / 80))).map(
      value => ({
        at: x(from + value),
        value,
      }),
    ),
    weight: weightBars(steps, until).map(({ start, end, weight }) => ({
      x: x(start),
      width: x(end) - x(start),
      y: plot.bottom - ((plot.bottom - plot.top) * Math.min(100, Math.max(0, weight))) / 100,
      weight,
    })),
    canary: linePath(drawn.map(({ point, index }) => place(index, point.value))),
    stable: linePath(
      drawn
        .filter(({ point }) => point.stable !== undefined)
        .map(({ point, index }) => place(index, point.stable)),
    ),
    limit: stepPath(
      drawn
        .filter(({ point }) => point.limit !== undefined)
        .map(({ point, index }) => place(index, point.limit)),
      x(times.at(-1) ?? until),
    ),
    markers: marked.flatMap(({ point, index }) => {
      const at = place(index, point.value);
      return at === undefined ? [] : [{ ...at, verdict: point.verdict, index }];
    }),
    positions: times.map(time => x(time)),
  };
}

/** The time that the charts of a release show: from the first weight to the last measurement, the same for all of them. */
export function chartSpan({ steps, checks, updatedAt, state }: Report): readonly [number, number] {
  const starts = steps.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [Date.parse(startedAt)]));
  const times = checks.flatMap(({ points }) =>
    [points[0], points.at(-1)].flatMap(point => (point ? [Date.parse(point.at)] : [])),
  );
  const ends = steps.flatMap(({ startedAt, lastedSeconds }) =>
    startedAt === undefined || lastedSeconds === undefined
      ? []
      : [Date.parse(startedAt) + lastedSeconds * 1_000],
  );
  const now = state === 'running' ? [Date.parse(updatedAt)] : [];
  const all = [...starts, ...times, ...ends, ...now];
  const from = all.reduce((a, b) => Math.min(a, b), Infinity);
  const until = all.reduce((a, b) => Math.max(a, b), -Infinity);
  return all.length === 0 ? [0, 1] : [from, until];
}

/** Stretches of the same weight, in milliseconds since the epoch. */
function weightBars(steps: readonly ReportStep[], until: number) {
  return steps.flatMap(({ startedAt, lastedSeconds, weightAsked }) => {
    if (startedAt === undefined) return [];
    const start = Date.parse(startedAt);
    const end = lastedSeconds === undefined ? until : Math.min(until, start + lastedSeconds * 1_000);
    return [{ start, end: Math.max(start, end), weight: weightAsked }];
  });
}
