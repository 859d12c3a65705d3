import type { LimitCheck } from '../release/spec.ts';
import type { Measurement, Reading } from '../release/verdict.ts';
import type { Comparison } from './comparison.ts';
import type { Counted } from './counters.ts';
import type { Counts } from './dispersion.ts';
import { decimalsOf, formatCount, formatMilliseconds, formatPercent } from './format.ts';
import { bucketEdges, bucketsOf, edgeFor, estimateQuantile, slowerThan, totalOf } from './response-times.ts';
import { countErrors } from './scrape-windows.ts';
import { isBeyond, judgeShare, type ShareVerdict } from './share-verdict.ts';

type SuccessRate = Extract<LimitCheck, { kind: 'success-rate' }>;
type Latency = Extract<LimitCheck, { kind: 'latency' }>;

/** What the answer to a limit rests on besides the counters. */
export interface LimitGrounds {
  readonly minimumRequests: number;
  /** What is known of this kind of bad requests. */
  readonly comparison: Comparison;
  /** Whether that comparison is a check as well. */
  readonly isCompared: boolean;
  /** How often the limit may fail a canary that keeps to it, at this weight. */
  readonly falseAlarms: number;
}

/** How many requests there were, how many of them the check holds against their version, and how that reads. */
interface Share extends Counts {
  readonly text: string;
  /** The number in the text; absent where there is none. */
  readonly value?: number;
}

/** Expected bad requests at the limit, from which on twice the sample would hardly tell more. */
const telling = 5;

/**
 * Holds a share of the canary's requests against a fixed limit. What is beyond it may still be no fault of the canary: where stable
 * breaks the limit as well, or where it may be chance and the comparison finds the canary no worse, the answer is inconclusive
 * and the step may go on with a warning (DESIGN, promise 7).
 */
export function answerLimit(
  check: LimitCheck,
  counted: { readonly canary: readonly Counted[]; readonly stable: readonly Counted[] },
  grounds: LimitGrounds,
): Measurement {
  const canary = shareOf(check, counted.canary);
  const stable = shareOf(check, counted.stable) ?? { total: 0, bad: 0, text: '' };
  const frame = { check: check.kind, limit: limitOf(check), actsAtOnce: true };
  if (canary === undefined) {
    const detail = "Emissary's histograms lack the bucket that the limit is judged at";
    return { ...frame, verdict: 'error', value: 'no answer', detail };
  }
  const { minimumRequests, comparison, isCompared, falseAlarms } = grounds;
  const allowedShare = allowedShareOf(check);
  const question = { allowedShare, minimumRequests, falseAlarms, dispersion: comparison.dispersion };
  const judged = judgeShare({ ...question, ...canary });
  const isNoWorse = isCompared && isKnownNoWorse(comparison, minimumRequests);
  const reading = readingOf(check, canary, stable);
  const answer = {
    ...frame,
    value: canary.total === 0 ? 'no requests' : canary.text,
    ...(reading !== undefined && { reading }),
    requests: canary.total,
    failed: canary.bad,
  };
  if (judged.verdict === 'fail' || (judged.verdict === 'inconclusive' && judged.reason === 'not-sure')) {
    const stableIsBeyond = stable.total >= minimumRequests && isBeyond(stable, allowedShare);
    if (judgeShare({ ...question, ...stable }).verdict === 'fail' || (isNoWorse && stableIsBeyond)) {
      const detail = `stable fails as well: ${stable.text}`;
      return { ...answer, verdict: 'inconclusive', detail, goesOn: 'at-once' };
    }
  }
  const detail = detailOf(judged, canary, minimumRequests);
  const goesOn = canary.total * allowedShare < telling ? 'after-waiting' : 'at-once';
  return {
    ...answer,
    verdict: judged.verdict,
    ...(detail !== undefined && { detail }),
    ...(isNoWorse && judged.verdict === 'inconclusive' && judged.reason === 'not-sure' && { goesOn }),
  };
}

/** The limit as the log shows it, `≥ 99 %`. */
export function limitOf(check: LimitCheck): string {
  switch (check.kind) {
    case 'success-rate':
      return `≥ ${check.minimumPercent} %`;
    case 'latency': {
      const edge = edgeFor(check.limit);
      const asked = check.limit.milliseconds;
      const rounding = edge === asked ? '' : ` (${formatMilliseconds(asked)} rounded to a bucket of Envoy)`;
      return `< ${formatMilliseconds(edge)}${rounding}`;
    }
  }
}

function readingOf(check: LimitCheck, canary: Share, stable: Share): Reading | undefined {
  if (canary.value === undefined) return undefined;
  const { value } = canary;
  const both = { value, ...(stable.value !== undefined && { stable: stable.value }) };
  switch (check.kind) {
    case 'success-rate':
      return { unit: '%', limit: check.minimumPercent, ...both };
    case 'latency':
      return { unit: 'ms', limit: edgeFor(check.limit), ...both };
  }
}

/** It was compared, over as many requests as a check takes, and nothing was found. */
function isKnownNoWorse(
  { isWorse, sofar: { canary, stable } }: Comparison,
  minimumRequests: number,
): boolean {
  return !isWorse && canary.total >= minimumRequests && stable.total >= minimumRequests;
}

function allowedShareOf(check: LimitCheck): number {
  switch (check.kind) {
    case 'success-rate':
      return (100 - check.minimumPercent) / 100;
    case 'latency':
      return 1 - check.quantile;
  }
}

function shareOf(check: LimitCheck, counted: readonly Counted[]): Share | undefined {
  switch (check.kind) {
    case 'success-rate':
      return failures(check, counted);
    case 'latency':
      return slowness(check, counted);
  }
}

function failures(check: SuccessRate, counted: readonly Counted[]): Share {
  const { total, bad } = countErrors(counted);
  const rate = 100 * (1 - bad / total);
  const text = formatPercent(rate, Math.max(2, decimalsOf(check.minimumPercent)));
  return { total, bad, text, ...(total > 0 && { value: rate }) };
}

function slowness(check: Latency, counted: readonly Counted[]): Share | undefined {
  const buckets = bucketsOf(counted);
  const total = Math.round(totalOf(buckets));
  if (total === 0) return { total, bad: 0, text: '' };
  const slower = slowerThan(edgeFor(check.limit), buckets);
  if (slower === undefined) return undefined;
  const estimate = estimateQuantile(check.quantile, buckets);
  const time =
    estimate === Number.POSITIVE_INFINITY
      ? `over ${formatMilliseconds(bucketEdges.at(-1) ?? 0)}`
      : formatMilliseconds(estimate);
  const text = `p${Number((check.quantile * 100).toFixed(3))} ${time}`;
  return { total, bad: Math.round(slower), text, ...(Number.isFinite(estimate) && { value: estimate }) };
}

function detailOf(judged: ShareVerdict, { total, bad }: Share, minimumRequests: number): string | undefined {
  if (judged.verdict !== 'inconclusive') return undefined;
  switch (judged.reason) {
    case 'no-requests':
      return undefined;
    case 'too-few-requests':
      return `${formatCount(total)} of the ${formatCount(minimumRequests)} requests that it takes at this weight`;
    case 'not-sure':
      return `beyond the limit, but ${formatCount(bad)} of ${formatCount(total)} may be chance`;
  }
}
