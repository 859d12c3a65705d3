import { Duration } from '../release/duration.ts';
import type { Check } from '../release/spec.ts';

/** What the built-in queries are about: clusters by their `alt_stat_name`, and the user's own matchers (facts/emissary.md 10). */
export interface Selection {
  readonly statNames: readonly string[];
  /** Whole matchers, checked with the inputs: `cluster="prod",region=~"eu-.*"`. Empty for none. */
  readonly metricLabels: string;
}

/** The raw samples of the answered requests by class of their code. `_rq_total` would miss refused connections (facts/emissary.md 10). */
export function requestsQuery(selection: Selection, range: Duration): string {
  return rawSamples('envoy_cluster_upstream_rq_xx', selection, range);
}

/** The raw samples of the buckets of response times, in milliseconds. */
export function responseTimesQuery(selection: Selection, range: Duration): string {
  return rawSamples('envoy_cluster_upstream_rq_time_bucket', selection, range);
}

/** The raw samples of a counter that exists from the moment that Envoy knows a cluster, also before its first request. */
export function presenceQuery(selection: Selection, range: Duration): string {
  return rawSamples('envoy_cluster_upstream_cx_total', selection, range);
}

/** Over which a rate is drawn at least. */
const shortestRate = Duration.minutes(1);

/** What a check is about, as one can draw it: each version by itself, as a rate over a few of the intervals between measurements. */
export function graphQuery(check: Check | 'split', selection: Selection, interval: Duration): string {
  const few = interval.times(4);
  const width = few.isShorterThan(shortestRate) ? shortestRate : few;
  const rate = (metric: string, by: string, more: readonly string[] = []) =>
    `sum by (${by}) (rate(${selected(metric, selection, more)}[${Math.ceil(width.seconds)}s]))`;
  const requests = rate('envoy_cluster_upstream_rq_xx', 'envoy_cluster_name');
  if (check === 'split') return requests;
  const share = (matcher: string) =>
    `100 * ${rate('envoy_cluster_upstream_rq_xx', 'envoy_cluster_name', [matcher])} / ${requests}`;
  const quantile = (of: number) =>
    `histogram_quantile(${of}, ${rate('envoy_cluster_upstream_rq_time_bucket', 'le, envoy_cluster_name')})`;
  switch (check.kind) {
    case 'success-rate':
      return share('envoy_response_code_class!="5"');
    case 'errors-vs-stable':
      return share('envoy_response_code_class="5"');
    case 'latency':
      return quantile(check.quantile);
    case 'slowness-vs-stable':
      return quantile(0.95);
  }
}

/** One element for each cluster that any Envoy knows. */
export function clustersQuery(metricLabels: string): string {
  return `count by (envoy_cluster_name) (envoy_cluster_upstream_cx_total{${metricLabels}})`;
}

/** One query for all clusters: a workload more costs Prometheus no query more. `more`: matchers beside the selection's own. */
export function rawSamples(
  metric: string,
  selection: Selection,
  range: Duration,
  more: readonly string[] = [],
): string {
  return `${selected(metric, selection, more)}[${Math.max(1, Math.ceil(range.seconds))}s]`;
}

/** A selector of series: `metric{…}`. */
function selected(
  metric: string,
  { statNames, metricLabels }: Selection,
  more: readonly string[] = [],
): string {
  const names = [...new Set(statNames)].sort().map(escapeRegex).join('|');
  const own = metricLabels === '' ? [] : [metricLabels];
  return `${metric}{${[`envoy_cluster_name=~${quote(names)}`, ...more, ...own].join(',')}}`;
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A string of PromQL, which has Go's escapes; JSON's are all among them. */
function quote(text: string): string {
  return JSON.stringify(text);
}
