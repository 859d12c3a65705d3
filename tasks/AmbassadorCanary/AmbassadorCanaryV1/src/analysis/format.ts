/** `1 204`: whole numbers with a plain space between thousands. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/**
 * A percentage with at least `decimals` places, `99.83 %`, cut and never rounded up: a rate that is just below its limit must
 * not read as if it had reached it, nor one failure in a million as 100 %. The whole and nothing are written `100 %` and `0 %`.
 */
export function formatPercent(percent: number, decimals = 2): string {
  if (percent === 0 || percent === 100) return `${percent} %`;
  // What only the arithmetic of floats is short of, 99.8299999999999983 say, is not missing.
  const cut = Math.floor(percent * 10 ** decimals + 1e-6) / 10 ** decimals;
  return `${Math.min(cut, 100 - 10 ** -decimals).toFixed(decimals)} %`;
}

/** How many decimals it takes to write this limit down: 2 for `99.95`, 0 for `99`. */
export function decimalsOf(limit: number): number {
  return /\.(\d+)$/.exec(String(limit))?.[1]?.length ?? 0;
}

/** `0.42 ms`, `7.3 ms`, `212 ms`, `1 204 ms`: as much as a bucket's interpolation can mean. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 10) return `${formatCount(milliseconds)} ms`;
  return `${Number(milliseconds.toFixed(milliseconds < 1 ? 2 : 1))} ms`;
}

/** A number that nothing is known of, to five digits: `0.012346`, `1 204`, `12.5`, `1e+21`, `-∞`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞';
  const [, sign = '', whole = '', rest = ''] =
    /^(-?)(\d+)(.*)$/.exec(String(Number(value.toPrecision(5)))) ?? [];
  return `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ' ')}${rest}`;
}
