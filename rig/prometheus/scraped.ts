import { until } from '../until.ts';

/**
 * Waits until Prometheus has two samples of a cluster of Envoy, by its name in Emissary's metrics: then a release can tell
 * how often it scrapes. Throws when three scrapes, and half a minute for a busy machine, were not enough.
 */
export async function untilScraped(
  prometheusUrl: string,
  clusterName: string,
  scrapeIntervalSeconds: number,
): Promise<void> {
  const series = `envoy_cluster_upstream_cx_total{envoy_cluster_name="${clusterName}"}`;
  const query = encodeURIComponent(`count_over_time(${series}[10m]) >= 2`);
  await until(
    `Prometheus has scraped ${clusterName} twice`,
    async () => {
      const answer = await fetch(`${prometheusUrl}/api/v1/query?query=${query}`);
      return ((await answer.json()) as { data: { result: unknown[] } }).data.result.length > 0;
    },
    { limitMs: 3 * scrapeIntervalSeconds * 1000 + 30_000, everyMs: 200 },
  );
}
