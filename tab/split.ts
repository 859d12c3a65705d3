import { isSplit, type ReportCheck } from './report.ts';

/** The check as its chart needs it: the share that a split was to have is drawn in the place of a limit. */
export function drawnCheck(check: ReportCheck): ReportCheck {
  if (!isSplit(check.name)) return check;
  return { ...check, points: check.points.map(point => ({ ...point, limit: point.weight })) };
}
