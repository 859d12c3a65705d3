/** A source of numbers from 0 up to 1. */
export type Random = () => number;

/** How many of things that happen `mean` times on average. */
export function poisson(mean: number, random: Random): number {
  if (mean <= 0) return 0;
  if (mean >= 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const least = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > least; product *= random()) count++;
  return count;
}

/** How many of `trials` succeed. */
export function binomial(trials: number, share: number, random: Random): number {
  const mean = trials * share;
  if (trials <= 40) {
    let count = 0;
    for (let i = 0; i < trials; i++) if (random() < share) count++;
    return count;
  }
  if (mean < 30 && share < 0.2) return inverted(trials, share, random());
  const count = Math.round(mean + Math.sqrt(mean * (1 - share)) * normal(random));
  return Math.min(trials, Math.max(0, count));
}

function inverted(trials: number, share: number, level: number): number {
  const odds = share / (1 - share);
  let chance = (1 - share) ** trials;
  let sum = chance;
  let count = 0;
  while (level > sum && count < trials) {
    chance *= (odds * (trials - count)) / (count + 1);
    sum += chance;
    count++;
  }
  return count;
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
