/** A share with its 95 % Wilson interval, all from 0 to 1. */
export interface Share {
  readonly hits: number;
  readonly total: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

const z = 1.959964;

/** The share of `hits` in `total`, and where the true one lies with 95 % confidence; of nothing it may be anything. */
export function wilson(hits: number, total: number): Share {
  if (total === 0) return { hits, total, share: Number.NaN, low: 0, high: 1 };
  const share = hits / total;
  const scale = 1 + z ** 2 / total;
  const centre = (share + z ** 2 / (2 * total)) / scale;
  const reach = (z / scale) * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  return { hits, total, share, low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) };
}
