import { graphUrl } from './graph-url.ts';
import type { Journal } from './journal.ts';
import { cutDetail, iso, most } from './limits.ts';
import type { ReportCheck, ReportPoint } from './report.ts';
import { pointsOfEach, type Series, type SeriesPoint, thinned } from './series.ts';

/** When a release began, and now, in milliseconds since the epoch. */
interface Times {
  readonly startedAt: number;
  readonly now: number;
}

/** Each check with its answers, as many as there is room for. */
export function checksOf({ series, plan }: Journal, { startedAt, now }: Times): readonly ReportCheck[] {
  const shown = series.slice(0, most.checks);
  const limit = pointsOfEach(shown.length);
  const address = plan?.spec.prometheus;
  return shown.map(one => {
    const measurements = one.points.map(({ measurement }) => measurement);
    const query = measurements.findLast(measurement => measurement.query !== undefined)?.query;
    const text = measurements.findLast(measurement => measurement.limit !== undefined)?.limit;
    const points = thinned(one.points, limit);
    return {
      name: one.check,
      unit: measurements.find(({ reading }) => reading !== undefined)?.reading?.unit ?? '',
      ...(text !== undefined && { limit: text }),
      ...(query !== undefined && { query }),
      ...(query !== undefined &&
        address?.kind === 'url' && {
          url: graphUrl(address.url, query, timeOf(one, { startedAt, now })),
        }),
      points: points.map(pointOf),
      pointsLeftOut: one.leftOut + one.points.length - points.length,
    };
  });
}

/** From shortly before the first answer to shortly after the last: what lies around shows what is usual. */
function timeOf({ points }: Series, { startedAt, now }: Times) {
  const around = 2 * 60_000;
  return { from: (points[0]?.at ?? startedAt) - around, to: (points.at(-1)?.at ?? now) + around };
}

function pointOf({ at, weight, measurement }: SeriesPoint): ReportPoint {
  const { verdict, value: text, reading, requests, failed, detail } = measurement;
  return {
    at: iso(at),
    weight,
    verdict,
    text,
    ...(isNumber(reading?.value) && { value: reading.value }),
    ...(isNumber(reading?.limit) && { limit: reading.limit }),
    ...(isNumber(reading?.stable) && { stable: reading.stable }),
    ...(requests !== undefined && { requests }),
    ...(failed !== undefined && { failed }),
    ...(detail !== undefined && { detail: cutDetail(detail) }),
  };
}

/** JSON has no word for an infinite one. */
function isNumber(value: number | undefined): value is number {
  return Number.isFinite(value);
}
