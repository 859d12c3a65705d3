import { Duration } from '../release/duration.ts';
import type { AlsoCounted } from '../release/plan.ts';
import type { Step } from '../release/spec.ts';
import type { Measurement } from '../release/verdict.ts';
import type { Weight } from '../release/weight.ts';
import { formatPercent } from './format.ts';
import { logEvidence } from './share-verdict.ts';
import type { SplitCounts } from './split-counter.ts';

export type SplitVerdict =
  /** Too few requests to say anything. */
  | 'unknown'
  | 'as-asked'
  /** The canary gets more than it should, or all. */
  | 'too-much'
  /** It gets some, but less than half of what it should. */
  | 'too-little'
  | 'none';

export interface SplitSeen {
  /** Since the weight was set. */
  readonly all: SplitCounts;
  /** Since Emissary has had its time to take it up. */
  readonly settled: SplitCounts;
}

/** How often an honest split may be called wrong, at one weight and in one direction: the release ends for it. */
const falseAlarms = 1e-6;
/** From which odds on it is too much, as a multiple of those that were asked. */
const excess = 1.5;
/** Below which part of what was asked it is too little. */
const shortfall = 0.5;
const settling = { least: Duration.seconds(5), most: Duration.minutes(1) };

/**
 * How long Emissary may take until a weight counts, as far as this check goes: 5 s mostly, up to a minute with thousands of
 * Mappings (facts/emissary.md 11), and between these no more than a fifth of the shortest step.
 */
export function settlingOf(steps: readonly Step[]): Duration {
  const shortest = steps
    .map(({ pause }) => pause.times(0.2))
    .reduce((least, one) => (one.isShorterThan(least) ? one : least), settling.most);
  return shortest.isShorterThan(settling.least) ? settling.least : shortest;
}

/**
 * Whether the requests are split as asked. Envoy draws for each request (facts/emissary.md 4), so an honest split is binomial, and a
 * sequential test of the share (`logEvidence`) may be read at every scrape. Weights only rise, so what was counted before Emissary
 * took a weight up can only hide that the canary gets too much: that is judged from the first request on. Too little harms nobody
 * and waits for the weight to settle.
 */
export function judgeSplit(weight: Weight, { all, settled }: SplitSeen): SplitVerdict {
  const asked = weight.percent / 100;
  const most = (excess * asked) / (1 + (excess - 1) * asked);
  if (all.canary > 0 && isSure({ bad: all.canary, total: sum(all) }, most)) return 'too-much';
  if (isSure({ bad: settled.stable, total: sum(settled) }, 1 - shortfall * asked)) {
    return settled.canary === 0 ? 'none' : 'too-little';
  }
  return settled.canary === 0 ? 'unknown' : 'as-asked';
}

/**
 * The answer of check `split`. A canary that gets more than asked, or nothing, ends the release at once; less than asked is told, for
 * requests may reach stable by ways that nobody splits. Where others are counted as well it can't be verified, and says so. No answer
 * until the weight has settled, and as long as the canary has no request by chance: the other checks say that it has none.
 */
export function answerSplit(weight: Weight, seen: SplitSeen, also: AlsoCounted): Measurement | undefined {
  const verdict = judgeSplit(weight, seen);
  if (verdict === 'unknown') return undefined;
  const counts = sum(seen.settled) > 0 ? seen.settled : seen.all;
  const percent = (100 * counts.canary) / sum(counts);
  const share = formatPercent(percent, 1);
  const frame = {
    check: 'split',
    reading: { unit: '%' as const, value: percent },
    value: `${weight} asked, ${share} seen`,
    brief: share,
    actsAtOnce: true,
  };
  switch (verdict) {
    case 'as-asked':
      return { ...frame, verdict: 'pass' };
    case 'too-little':
    case 'too-much':
    case 'none': {
      const others = verdict === 'too-much' ? also.canary : also.stable;
      if (others.length > 0) {
        const detail = `cannot verify: ${others.join(', ')} counted as well`;
        return { ...frame, verdict: 'inconclusive', goesOn: 'at-once', detail };
      }
      const detail = causeOf(verdict, counts);
      if (verdict !== 'too-little') return { ...frame, verdict: 'fail', detail };
      return { ...frame, verdict: 'inconclusive', goesOn: 'at-once', detail };
    }
  }
}

function causeOf(verdict: 'too-much' | 'too-little' | 'none', { stable }: SplitCounts): string {
  if (verdict === 'none') {
    return "nothing reaches the canary: its Mapping is not in stable's group (hostname, headers, precedence or another core field differ), or another Mapping stands ahead of both";
  }
  if (verdict === 'too-little') return "part of stable's requests come by a route that is not split";
  return stable === 0
    ? 'nothing reaches stable: Emissary dropped its Mapping from the group, or another Mapping sends its requests to the canary'
    : 'another Mapping leads to the canary, or the group has other weights than ours';
}

function isSure(counts: { readonly bad: number; readonly total: number }, allowedShare: number): boolean {
  return logEvidence(counts, allowedShare, 1) > -Math.log(falseAlarms);
}

function sum({ canary, stable }: SplitCounts): number {
  return canary + stable;
}
