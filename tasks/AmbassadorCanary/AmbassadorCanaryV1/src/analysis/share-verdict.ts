/** How many of the canary's requests were bad, and how many may be. */
export interface ShareQuestion {
  readonly bad: number;
  readonly total: number;
  /** 0.01 for a success rate of 99 %. */
  readonly allowedShare: number;
  readonly minimumRequests: number;
}

export type ShareVerdict =
  | { readonly verdict: 'pass' | 'fail' }
  | { readonly verdict: 'inconclusive'; readonly reason: 'no-requests' | 'too-few-requests' | 'not-sure' };

/** How often, at most, a canary whose true share is within the limit is called bad over all the looks at one window. */
export const falseAlarmShare = 0.005;

/**
 * Judges a share against a fixed limit, and may be asked again after every request.
 *
 * It fails only where the sample puts the true share beyond the limit for sure, however small the sample, so that a canary of which
 * everything fails needs no fifty victims. It passes on the right side of the limit from `minimumRequests` on. Between lies
 * `not-sure`: 1 failure in 50 is 98 %, but is no proof against 99 %.
 */
export function judgeShare(question: ShareQuestion): ShareVerdict {
  const { bad, total, allowedShare, minimumRequests } = question;
  if (total === 0) return { verdict: 'inconclusive', reason: 'no-requests' };
  if (logEvidence(bad, total, allowedShare) > -Math.log(falseAlarmShare)) return { verdict: 'fail' };
  if (total < minimumRequests) return { verdict: 'inconclusive', reason: 'too-few-requests' };
  // 0.001 of 1000 is not quite 1 in floats.
  if (bad <= total * allowedShare * (1 + 1e-9)) return { verdict: 'pass' };
  return { verdict: 'inconclusive', reason: 'not-sure' };
}

/** Odds ratios from 1.5 to 200, evenly on a log scale (facts/judging.md, A). */
const oddsRatios = Array.from({ length: 25 }, (_, i) => 1.5 * (200 / 1.5) ** (i / 24));

/**
 * The logarithm of the evidence that more than `allowedShare` of the requests are bad: the likelihood ratio of odds r times the
 * allowed ones against the allowed ones, r^bad / (1 - p + r·p)^total (Wald, "Sequential Tests of Statistical Hypotheses", 1945),
 * averaged over a grid of r, since nobody knows r (the mixtures of Robbins, "Statistical methods related to the law of the
 * iterated logarithm", 1970). For each r > 1 and a true share of at most p, each request multiplies by a factor whose mean is at
 * most 1. So the average is a non-negative supermartingale, and it ever exceeds 1/α with a probability of at most α (Ville,
 * "Étude critique de la notion de collectif", 1939), however often one looks. An allowed share of 0 is refuted by one bad request.
 */
export function logEvidence(bad: number, total: number, allowedShare: number): number {
  if (allowedShare === 0) return bad > 0 ? Number.POSITIVE_INFINITY : 0;
  const logs = oddsRatios.map(r => bad * Math.log(r) - total * Math.log1p(allowedShare * (r - 1)));
  const most = Math.max(...logs);
  const sum = logs.reduce((all, log) => all + Math.exp(log - most), 0);
  return most + Math.log(sum / logs.length);
}
