import type { OwnCheck } from '../release/own-check.ts';
import type { Measurement, Reading, Verdict } from '../release/verdict.ts';
import { formatNumber } from './format.ts';
import type { Labels, QueryResult } from './query-result.ts';

interface Valued {
  readonly labels: Labels;
  readonly value: number;
}

const longestLabels = 120;

/**
 * The verdict of an own check on what its query came to (docs/checks.md has the table, and a test holds it to this):
 * - each series is judged, and the worst decides; limits belong to what is allowed;
 * - NaN and an empty answer are no data, which the check's `onNoData` decides;
 * - an infinite value fails where it breaks a limit, and is inconclusive where no limit stands on its side;
 * - a string or a range is no number: an error, as is no answer;
 * - where Prometheus warns that its answer may be partial, neither a pass nor a failure is believed.
 */
export function answerOwnCheck(check: OwnCheck, result: QueryResult): Measurement {
  switch (result.type) {
    case 'string':
    case 'matrix':
      return ownUnanswered(check, whyNoNumber(result) ?? '', 'no number');
    case 'scalar':
      return judge(check, [{ labels: {}, value: result.sample.value }], result.warnings);
    case 'vector':
      return judge(
        check,
        result.series.map(({ labels, sample }) => ({ labels, value: sample.value })),
        result.warnings,
      );
  }
}

/** The answer where there is none, with the reason. */
export function ownUnanswered(check: OwnCheck, reason: string, value = 'no answer'): Measurement {
  return { ...frameOf(check), verdict: 'error', value, detail: reason };
}

/** Why an answer can never be judged, whatever its values; `undefined` where it can. */
export function whyNoNumber(result: QueryResult): string | undefined {
  switch (result.type) {
    case 'string':
      return 'the query comes to a string, not to a number';
    case 'matrix':
      return 'the query comes to a range of samples, not to one value: use rate, avg_over_time or the like';
    case 'scalar':
    case 'vector':
      return undefined;
  }
}

/** `≥ 5`, `≤ 100`, or both. */
export function ownLimitText({ min, max }: Pick<OwnCheck, 'min' | 'max'>): string {
  return [
    ...(min === undefined ? [] : [`≥ ${formatNumber(min)}`]),
    ...(max === undefined ? [] : [`≤ ${formatNumber(max)}`]),
  ].join(', ');
}

function judge(check: OwnCheck, series: readonly Valued[], warnings: readonly string[]): Measurement {
  const numbers = series
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => beyond(check, b.value) - beyond(check, a.value));
  const withoutData = series.length - numbers.length;
  const verdicts = numbers.map(({ value }) => verdictOf(check, value));
  if (withoutData > 0 || series.length === 0) verdicts.push(check.onNoData);
  const verdict = worstOf(verdicts);
  const warning = warnings.find(text => !/^PromQL info/i.test(text));
  const failing = verdicts.filter((_, i) => i < numbers.length && verdicts[i] === 'fail').length;
  const details = [
    ...(series.length > 1 ? [seriesText(numbers[0], series.length, failing, withoutData)] : []),
    ...(verdict === 'inconclusive' && numbers[0] !== undefined && !Number.isFinite(numbers[0].value)
      ? ['infinite, and no limit on that side']
      : []),
    ...(warning === undefined ? [] : [`the answer may be partial: ${warning}`]),
  ];
  const worst = numbers[0]?.value;
  return {
    ...frameOf(check),
    verdict: warning === undefined ? verdict : 'inconclusive',
    value: worst === undefined ? (series.length === 0 ? 'no data' : 'NaN') : valueText(check, worst),
    ...(worst !== undefined && { reading: readingOf(check, worst) }),
    ...(details.length > 0 && { detail: details.join('; ') }),
  };
}

function frameOf(check: OwnCheck): Pick<Measurement, 'check' | 'limit' | 'actsAtOnce'> {
  return {
    check: check.name,
    limit: ownLimitText(check),
    actsAtOnce: false,
    ...(check.dryRun && { dryRun: true }),
    ...(check.failureThreshold !== undefined && { failureThreshold: check.failureThreshold }),
  };
}

/** Of two limits the one that is broken, or would be first. */
function readingOf({ min, max }: OwnCheck, value: number): Reading {
  const limits = [min, max].filter(limit => limit !== undefined);
  const [limit] = limits.sort((one, other) => Math.abs(value - one) - Math.abs(value - other));
  return { unit: '', value, ...(limit !== undefined && { limit }) };
}

/** How far a value is on the wrong side of its limits; negative within them. */
function beyond({ min, max }: OwnCheck, value: number): number {
  return Math.max(
    min === undefined ? Number.NEGATIVE_INFINITY : min - value,
    max === undefined ? Number.NEGATIVE_INFINITY : value - max,
  );
}

function verdictOf(check: OwnCheck, value: number): Verdict {
  if (beyond(check, value) > 0) return 'fail';
  return Number.isFinite(value) ? 'pass' : 'inconclusive';
}

function worstOf(verdicts: readonly Verdict[]): Verdict {
  return (['fail', 'inconclusive'] as const).find(verdict => verdicts.includes(verdict)) ?? 'pass';
}

function seriesText(worst: Valued | undefined, all: number, failing: number, withoutData: number): string {
  const counts = [
    ...(failing > 0 ? [`${failing} beyond the limit`] : []),
    ...(withoutData > 0 ? [`${withoutData} without data`] : []),
  ];
  const which = worst === undefined ? '' : `, the worst is ${labelsText(worst.labels)}`;
  return `${all} series${counts.length > 0 ? ` (${counts.join(', ')})` : ''}${which}`;
}

function labelsText({ __name__, ...labels }: Labels): string {
  const inside = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const text = `${__name__ ?? ''}{${inside.join(', ')}}`;
  return text.length > longestLabels ? `${text.slice(0, longestLabels)}…` : text;
}

/** A value that is just beyond its limit must not read as if it were the limit. */
function valueText({ min, max }: OwnCheck, value: number): string {
  const short = formatNumber(value);
  const isLimit = [min, max].some(
    limit => limit !== undefined && limit !== value && formatNumber(limit) === short,
  );
  return isLimit ? String(value) : short;
}
