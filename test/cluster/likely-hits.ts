/** Beyond these lies one healthy run in ten million, on either side. */
const unlikely = 1e-7;

/** How many of `total` requests the canary gets when each is drawn with this probability, by the binomial distribution itself. */
export function likelyHits(total: number, probability: number): { least: number; most: number } {
  if (probability === 0) return { least: 0, most: 0 };
  if (probability === 1) return { least: total, most: total };
  const chances: number[] = [];
  let log = total * Math.log1p(-probability);
  for (let hits = 0; hits <= total; hits++) {
    chances.push(Math.exp(log));
    log += Math.log((total - hits) / (hits + 1)) + Math.log(probability) - Math.log1p(-probability);
  }
  const bound = (from: number, step: number) => {
    let sum = 0;
    for (let hits = from; hits >= 0 && hits <= total; hits += step) {
      sum += chances[hits] ?? 0;
      if (sum > unlikely) return hits;
    }
    return from;
  };
  return { least: bound(0, 1), most: bound(total, -1) };
}
