import type { ComparisonCheck } from '../release/spec.ts';
import type { Measurement } from '../release/verdict.ts';
import type { Comparison } from './comparison.ts';
import type { Counts } from './dispersion.ts';
import { formatCount, formatMilliseconds, formatPercent } from './format.ts';

/** What the answer to a comparison rests on. */
export interface ComparisonGrounds {
  readonly comparison: Comparison;
  /** Where slow begins, in milliseconds; `undefined` where that is not known, and for errors. */
  readonly slowEdge: number | undefined;
  /** The requests that the canary answered since the weight took effect. */
  readonly requests: number;
  readonly minimumRequests: number;
}

/**
 * Answers a comparison in words: what share of each version's requests was bad since the first weight, and how sure it is that the
 * canary is worse. It fails at once, however few the requests; it passes where the canary got `minimumRequests` at this weight,
 * and stable some to compare with.
 */
export function answerComparison(check: ComparisonCheck, grounds: ComparisonGrounds): Measurement {
  const { comparison, requests } = grounds;
  const { canary, stable } = comparison.sofar;
  const reading = canary.total > 0 && {
    reading: {
      unit: '%' as const,
      value: percentOf(canary),
      ...(stable.total > 0 && { stable: percentOf(stable) }),
    },
  };
  const frame = { check: check.kind, requests: canary.total, actsAtOnce: true, ...reading };
  const value = shareText(canary);
  const bad = badText(check, grounds);
  const story = `canary ${value} ${bad}, stable ${shareText(stable)}; ${surenessText(comparison)}`;
  if (comparison.isWorse) return { ...frame, verdict: 'fail', value, detail: story };
  // Envoy counts answers at once, and tells their times up to 5 s later: who waits for enough requests is errors-vs-stable.
  const late = check.kind === 'slowness-vs-stable' ? { late: true } : {};
  if (requests === 0) return { ...frame, ...late, requests, verdict: 'inconclusive', value: 'no requests' };
  const missing = whatIsMissing(check, grounds);
  if (missing !== undefined) return { ...frame, ...late, verdict: 'inconclusive', value, detail: missing };
  return { ...frame, verdict: 'pass', value, detail: story };
}

/** Why the canary can't be called as good as stable yet. */
function whatIsMissing(check: ComparisonCheck, grounds: ComparisonGrounds): string | undefined {
  const { comparison, slowEdge, requests, minimumRequests } = grounds;
  if (requests < minimumRequests) {
    return `${formatCount(requests)} of the ${formatCount(minimumRequests)} requests that it takes at this weight`;
  }
  if (check.kind === 'slowness-vs-stable' && slowEdge === undefined) {
    return 'stable has answered too few requests to know its own p95';
  }
  return comparison.sofar.stable.total === 0 ? 'stable has answered nothing to compare with' : undefined;
}

function badText(check: ComparisonCheck, { slowEdge }: ComparisonGrounds): string {
  if (check.kind === 'errors-vs-stable') return 'errors';
  return slowEdge === undefined ? 'slow' : `slower than ${formatMilliseconds(slowEdge)}`;
}

function shareText({ bad, total }: Counts): string {
  return total === 0 ? 'no requests' : formatPercent(percentOf({ bad, total }));
}

function percentOf({ bad, total }: Counts): number {
  return (100 * bad) / total;
}

function surenessText({ sureness }: Comparison): string {
  if (sureness < 0.5) return 'no sign that it is worse';
  return `${formatPercent(100 * Math.min(sureness, 0.999), 1)} sure it is worse`;
}
