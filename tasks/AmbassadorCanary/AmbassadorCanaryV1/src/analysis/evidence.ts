/** Odds ratios from 1.5 to 200, evenly on a log scale (facts/judging.md, A): nobody knows how much worse a bad canary is. */
export const oddsRatios: readonly number[] = Array.from(
  { length: 25 },
  (_, i) => 1.5 * (200 / 1.5) ** (i / 24),
);

/**
 * The logarithm of the mean of `exp(logs / dispersion)`: the evidence of all odds ratios together (the mixtures of Robbins,
 * "Statistical methods related to the law of the iterated logarithm", 1970). Where bad requests come `dispersion` at a time, only
 * each burst is a draw of its own, so the evidence is that of so many times fewer requests.
 */
export function logMixture(logs: readonly number[], dispersion: number): number {
  const most = Math.max(...logs) / dispersion;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log / dispersion - most);
  return most + Math.log(sum / logs.length);
}
