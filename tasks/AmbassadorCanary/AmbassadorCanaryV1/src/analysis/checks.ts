import type { Check } from '../release/spec.ts';
import type { Measurement } from '../release/verdict.ts';
import type { Counted } from './counters.ts';
import { decimalsOf, formatCount, formatMilliseconds, formatPercent } from './format.ts';
import { bucketEdges, bucketsOf, edgeFor, estimateQuantile, slowerThan, totalOf } from './response-times.ts';
import { judgeShare, type ShareVerdict } from './share-verdict.ts';

type SuccessRate = Extract<Check, { kind: 'success-rate' }>;
type Latency = Extract<Check, { kind: 'latency' }>;

/** What the counters gained since the weight took effect. */
export interface Gains {
  readonly canary: readonly Counted[];
  readonly stable: readonly Counted[];
}

/** How many requests there were, how many of them the check holds against their version, and how that reads. */
interface Share {
  readonly total: number;
  readonly bad: number;
  readonly text: string;
}

/**
 * Answers a check from the gains of its counters: of `envoy_cluster_upstream_rq_xx` for `success-rate`, of the buckets of
 * `envoy_cluster_upstream_rq_time` for `latency`. Both are shares of the canary's requests with a fixed limit.
 */
export function answerCheck(check: Check, gains: Gains, minimumRequests: number): Measurement {
  const canary = shareOf(check, gains.canary);
  const stable = shareOf(check, gains.stable);
  if (canary === undefined) return withoutEdge(check);
  const { total, bad } = canary;
  const question = { allowedShare: allowedShareOf(check), minimumRequests };
  const judged = judgeShare({ ...question, total, bad });
  const stableFails = stable !== undefined && judgeShare({ ...question, ...stable }).verdict === 'fail';
  const detail =
    judged.verdict === 'fail' && stableFails
      ? `stable fails as well: ${stable.text}`
      : detailOf(judged, canary, minimumRequests);
  return {
    ...frameOf(check),
    verdict: judged.verdict,
    value: total === 0 ? 'no requests' : canary.text,
    requests: total,
    failed: bad,
    ...(detail !== undefined && { detail }),
  };
}

/** The answer where nobody could be asked, with the reason. */
export function unanswered(check: Check, reason: string): Measurement {
  return { ...frameOf(check), verdict: 'error', value: 'no answer', detail: reason };
}

function frameOf(check: Check): Pick<Measurement, 'check' | 'limit' | 'actsAtOnce'> {
  return { check: check.kind, limit: limitOf(check), actsAtOnce: true };
}

function limitOf(check: Check): string {
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

function allowedShareOf(check: Check): number {
  switch (check.kind) {
    case 'success-rate':
      return (100 - check.minimumPercent) / 100;
    case 'latency':
      return 1 - check.quantile;
  }
}

function shareOf(check: Check, counted: readonly Counted[]): Share | undefined {
  switch (check.kind) {
    case 'success-rate':
      return failures(check, counted);
    case 'latency':
      return slowness(check, counted);
  }
}

/** A failure is an answer of class 5, Envoy's own for a refused connection among them (facts/emissary.md 10). */
function failures(check: SuccessRate, counted: readonly Counted[]): Share {
  const sum = (series: readonly Counted[]) => Math.round(series.reduce((all, { count }) => all + count, 0));
  const total = sum(counted);
  const bad = sum(counted.filter(({ labels }) => labels.envoy_response_code_class === '5'));
  const rate = 100 * (1 - bad / total);
  return { total, bad, text: formatPercent(rate, Math.max(2, decimalsOf(check.minimumPercent))) };
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
  return { total, bad: Math.round(slower), text: `p${Number((check.quantile * 100).toFixed(3))} ${time}` };
}

function withoutEdge(check: Check): Measurement {
  return unanswered(check, "Emissary's histograms lack the bucket that the limit is judged at");
}

function detailOf(judged: ShareVerdict, { total, bad }: Share, minimumRequests: number): string | undefined {
  if (judged.verdict !== 'inconclusive') return undefined;
  switch (judged.reason) {
    case 'no-requests':
      return undefined;
    case 'too-few-requests':
      return `${formatCount(total)} of the ${formatCount(minimumRequests)} requests that it takes`;
    case 'not-sure':
      return `beyond the limit, but ${formatCount(bad)} of ${formatCount(total)} may be chance`;
  }
}
