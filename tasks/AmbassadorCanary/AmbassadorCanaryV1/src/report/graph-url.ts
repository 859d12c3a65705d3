/**
 * Where Prometheus draws a query over a time, in milliseconds since the epoch. Its pages of all versions know these parameters:
 * since 3.0 `/graph` leads on to `/query`.
 */
export function graphUrl(
  prometheus: string,
  query: string,
  { from, to }: { readonly from: number; readonly to: number },
): string {
  const end = new Date(to).toISOString();
  const parameters = new URLSearchParams({
    'g0.expr': query,
    'g0.tab': '0',
    'g0.range_input': `${Math.max(60, Math.ceil((to - from) / 1_000))}s`,
    'g0.end_input': `${end.slice(0, 10)} ${end.slice(11, 19)}`,
  });
  return `${prometheus.replace(/\/+$/, '')}/graph?${parameters}`;
}
