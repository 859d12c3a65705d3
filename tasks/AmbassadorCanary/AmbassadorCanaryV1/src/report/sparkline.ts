const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** How many columns a small chart has at most. */
const widest = 60;

/**
 * Numbers as a row of bars between `low` and `high`, ` ` where there is none: `▁▁▃▇ █`. Of more than fit each bar is the last of its
 * stretch.
 */
export function sparkline(
  values: readonly (number | undefined)[],
  { low, high }: { readonly low: number; readonly high: number },
): string {
  const width = Math.min(widest, values.length);
  const shown = Array.from(
    { length: width },
    (_, index) => values[Math.floor(((index + 1) * values.length) / width) - 1],
  );
  const range = high - low;
  return shown
    .map(value => {
      if (value === undefined) return ' ';
      const place = range <= 0 ? 0 : Math.round(((value - low) / range) * (bars.length - 1));
      return bars[Math.max(0, Math.min(bars.length - 1, place))];
    })
    .join('');
}
