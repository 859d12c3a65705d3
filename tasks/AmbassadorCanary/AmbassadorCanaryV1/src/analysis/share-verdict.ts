import type { Counts } from './dispersion.ts';
import { logMixture, oddsRatios } from './evidence.ts';

/** How many of the canary's requests were bad, and how many may be. */
export interface ShareQuestion extends Counts {
  /** 0.01 for a success rate of 99 %. */
  readonly allowedShare: number;
  readonly minimumRequests: number;
  /** How many bad requests come at a time: 1 where they have nothing to do with each other. */
  readonly dispersion: number;
  /** How often, at most, a canary whose true share is within the limit is called bad over all the looks at one window. */
  readonly falseAlarms: number;
}

export type ShareVerdict =
  | { readonly verdict: 'pass' | 'fail' }
  | { readonly verdict: 'inconclusive'; readonly reason: 'no-requests' | 'too-few-requests' | 'not-sure' };

/**
 * Judges a share against a fixed limit, and may be asked again after every request.
 *
 * It fails only where the sample puts the true share beyond the limit for sure, however small the sample, so that a canary of which
 * everything fails needs no fifty victims. It passes on the right side of the limit from `minimumRequests` on. Between lies
 * `not-sure`: 1 failure in 50 is 98 %, but is no proof against 99 %.
 */
export function judgeShare(question: ShareQuestion): ShareVerdict {
  const { bad, total, allowedShare, minimumRequests, dispersion, falseAlarms } = question;
  if (total === 0) return { verdict: 'inconclusive', reason: 'no-requests' };
  if (logEvidence(question, allowedShare, dispersion) > -Math.log(falseAlarms)) return { verdict: 'fail' };
  if (total < minimumRequests) return { verdict: 'inconclusive', reason: 'too-few-requests' };
  if (!isBeyond({ bad, total }, allowedShare)) return { verdict: 'pass' };
  return { verdict: 'inconclusive', reason: 'not-sure' };
}

/** Whether the sample lies on the wrong side of the limit, be it by chance. */
export function isBeyond({ bad, total }: Counts, allowedShare: number): boolean {
  // 0.001 of 1000 is not quite 1 in floats.
  return bad > total * allowedShare * (1 + 1e-9);
}

/**
 * The logarithm of the evidence that more than `allowedShare` of the requests are bad: the likelihood ratio of odds r times the
 * allowed ones against the allowed ones, r^bad / (1 - p + r·p)^total (Wald, "Sequential Tests of Statistical Hypotheses", 1945),
 * averaged over many r (`evidence.ts`). For each r > 1 and a true share of at most p, each request multiplies by a factor whose mean is at
 * most 1. So the average is a non-negative supermartingale, and it ever exceeds 1/α with a probability of at most α (Ville,
 * "Étude critique de la notion de collectif", 1939), however often one looks. An allowed share of 0 is refuted by one bad request.
 */
export function logEvidence({ bad, total }: Counts, allowedShare: number, dispersion: number): number {
  if (allowedShare === 0) return bad > 0 ? Number.POSITIVE_INFINITY : 0;
  const logs = oddsRatios.map(r => bad * Math.log(r) - total * Math.log1p(allowedShare * (r - 1)));
  return logMixture(logs, dispersion);
}
