import type { Duration } from '../release/duration.ts';

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

/** One element for each cluster that any Envoy knows. */
export function clustersQuery(metricLabels: string): string {
  return `count by (envoy_cluster_name) (envoy_cluster_upstream_cx_total{${metricLabels}})`;
}

/** One query for all clusters: a workload more costs Prometheus no query more. */
function rawSamples(metric: string, { statNames, metricLabels }: Selection, range: Duration): string {
  const names = [...new Set(statNames)].sort().map(escapeRegex).join('|');
  const matchers = [`envoy_cluster_name=~${quote(names)}`, ...(metricLabels === '' ? [] : [metricLabels])];
  return `${metric}{${matchers.join(',')}}[${Math.max(1, Math.ceil(range.seconds))}s]`;
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A string of PromQL, which has Go's escapes; JSON's are all among them. */
function quote(text: string): string {
  return JSON.stringify(text);
}
