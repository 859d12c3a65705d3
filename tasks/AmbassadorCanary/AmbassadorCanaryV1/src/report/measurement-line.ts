import type { StampedEvent } from '../release/events.ts';
import type { Measurement } from '../release/verdict.ts';
import { wholeNumber } from '../release/whole-number.ts';
import type { Journal } from './journal.ts';
import { widestLine } from './wrap.ts';

export type Measured = Extract<StampedEvent, { readonly type: 'measured' }>;

const isComparing = (check: string) => /^(errors|slowness)-vs-stable/.test(check);

/** A comparison that finds nothing is left to the table at the end, and so is one that nobody waits for, or that repeats another check. */
export function addsNothing(
  { measurement: { check, verdict, detail, late } }: Measured,
  { steps }: Journal,
): boolean {
  const others = (steps.at(-1)?.latest ?? []).filter(other => !isComparing(other.check));
  return (
    isComparing(check) &&
    others.length > 0 &&
    (verdict === 'pass' ||
      late === true ||
      others.some(other => other.verdict === verdict && other.detail === detail))
  );
}

/** Of a text from outside, such as a page that answered in place of Prometheus. */
const longestDetail = 400;

/**
 * ` 10 %  00:30  success-rate     99.83 % ≥ 99 %          (1 204 requests)  pass`, in columns that are as wide as what was told so far and the
 * names of the planned checks. A detail that has no room behind it stands under it.
 */
export function measurementLines(
  { weight, elapsed, measurement }: Measured,
  { plan, steps, series }: Journal,
): readonly string[] {
  const { check, verdict, dryRun, detail } = measurement;
  const told = steps.flatMap(({ latest }) => latest);
  const width = (least: number, textOf: (one: Measurement) => string) =>
    Math.max(least, ...told.map(one => textOf(one).length));
  const planned = plan?.kind === 'canary' ? plan.spec.checks.map(({ kind }) => kind.length) : [];
  const values = width(11, one => (one.limit === undefined ? '' : one.value));
  // Values stand below each other, and so do limits; one that says more (`10 % asked, 9.1 % seen`) takes the room of both.
  const answerOf = (one: Measurement) => `${one.value.padStart(values)} ${limitText(one)}`.trimEnd();
  const columns = [
    `${weight}`.padStart(5),
    elapsed.toClock(),
    // Of several workloads each check says whose it is.
    `${check.padEnd(width(Math.max(12, ...planned), one => one.check))} ${answerOf(measurement).padEnd(width(24, answerOf))}`,
    sampleOf(measurement).padStart(width(18, sampleOf)),
    `${verdict}${dryRun === true ? ' (dry run)' : ''}`,
  ].join('  ');
  if (detail === undefined) return [columns];
  const line = `${columns}: ${detail}`;
  // Under the columns it is read more easily than around their end.
  if (line.length <= widestLine) return [line];
  const before = series.find(one => one.check === check)?.points.at(-2);
  if (before?.measurement.detail === detail && before.weight === weight.percent)
    return [`${columns}, as before`];
  const cut = detail.length > longestDetail ? `${detail.slice(0, longestDetail)}…` : detail;
  return [`${columns}:`, `${' '.repeat(11)}${cut}`];
}

/** The limit without what the plan said of it already. */
export function limitText({ limit = '' }: Measurement): string {
  return limit.replace(/ \(.*\)$/, '');
}

function sampleOf({ requests }: Measurement): string {
  return requests === undefined || requests === 0 ? '' : `(${wholeNumber(requests)} requests)`;
}
