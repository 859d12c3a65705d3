import { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import type { Route, StatNames } from '../release/plan.ts';
import { clustersQuery, presenceQuery } from './emissary-queries.ts';
import { asAnswers, callsQuery } from './grpc-series.ts';
import { sourceConflict } from './one-source.ts';
import type { MatrixSeries, Prometheus } from './query-result.ts';

/** What of a route its metrics are found by. The form that its names have (`app_ns`, `app`) is the first that stable is found under. */
export type RouteSeries = Pick<Route, 'workload' | 'statNames' | 'alsoCounted' | 'isGrpc'>;

/** A route as Emissary's metrics do name it. */
export interface NamedRoute extends StatNames, Pick<Route, 'workload' | 'alsoCounted'> {
  /** Of a route that speaks gRPC: whether Emissary counts its calls by their status. */
  readonly calls?: 'counted' | 'uncounted';
}

/** What a release is told of Prometheus before the first write. */
export interface Preflight {
  /** The usual time between two scrapes of Emissary; `undefined` where fewer than two are stored. */
  readonly scrapeInterval: Duration | undefined;
  /** What the checks can't see, one sentence each. */
  readonly notes: readonly string[];
}

/** What was found of Emissary in Prometheus. */
export interface Found {
  readonly routes: readonly NamedRoute[];
  /** The median time between two scrapes of Emissary; `undefined` where fewer than two are stored. */
  readonly scrapeInterval: Duration | undefined;
}

/** Wide enough for two scrapes at the slowest interval that is sensible, 5 min. */
const range = Duration.minutes(11);

/**
 * Looks for Emissary in Prometheus: its Envoys' series exist, know stable, and come from one source. Rejects with
 * `PROMETHEUS_UNREACHABLE`, or with `PROMETHEUS_UNFIT` and what to do.
 */
export async function findEmissary(
  prometheus: Prometheus,
  routes: readonly RouteSeries[],
  metricLabels: string,
): Promise<Found> {
  const candidates = routes.flatMap(({ statNames }) => statNames.map(({ stable }) => stable));
  const series = await askMatrix(prometheus, presenceQuery({ statNames: candidates, metricLabels }, range));
  const present = new Set(series.map(({ labels }) => labels.envoy_cluster_name));
  const named: NamedRoute[] = [];
  for (const route of routes) {
    const form = route.statNames.find(({ stable }) => present.has(stable));
    if (form === undefined) throw await stableUnknown(prometheus, route, metricLabels);
    named.push(namedRoute(route, form));
  }
  const conflict = sourceConflict(series);
  if (conflict !== undefined) {
    throw new CanaryError(
      'PROMETHEUS_UNFIT',
      `Prometheus at ${prometheus.address} has more than one source of Emissary's metrics, which would count requests more than once`,
      conflict,
    );
  }
  const counted = await countedCalls(prometheus, named, metricLabels);
  return {
    routes: named.map(route =>
      route.calls !== undefined && counted.has(route.stable) ? { ...route, calls: 'counted' } : route,
    ),
    scrapeInterval: medianGap(series),
  };
}

/** The clusters of gRPC routes whose calls are counted by status: those whose stable was seen to answer one. */
async function countedCalls(
  prometheus: Prometheus,
  routes: readonly NamedRoute[],
  metricLabels: string,
): Promise<ReadonlySet<string | undefined>> {
  const statNames = routes.filter(({ calls }) => calls !== undefined).map(({ stable }) => stable);
  if (statNames.length === 0) return new Set();
  const calls = asAnswers(await askMatrix(prometheus, callsQuery({ statNames, metricLabels }, range)));
  return new Set(calls.map(({ labels }) => labels.envoy_cluster_name));
}

/** A route under the names of this form. */
export function namedRoute({ workload, alsoCounted, isGrpc }: RouteSeries, form: StatNames): NamedRoute {
  return { workload, ...form, ...(alsoCounted && { alsoCounted }), ...(isGrpc && { calls: 'uncounted' }) };
}

/** Asks a query for raw samples. Rejects with `PROMETHEUS_UNFIT` where the answer is of another type. */
export async function askMatrix(prometheus: Prometheus, query: string): Promise<readonly MatrixSeries[]> {
  const result = await prometheus.query(query);
  if (result.type === 'matrix') return result.series;
  throw new CanaryError(
    'PROMETHEUS_UNFIT',
    `What answers at ${prometheus.address} does not give raw samples`,
    {
      expected: `a matrix for ${query}`,
      found: `a ${result.type}`,
      hint: 'Set prometheus to an API that answers range vectors',
    },
  );
}

/** Tells an Emissary that is not scraped from one that has no such cluster. */
async function stableUnknown(
  prometheus: Prometheus,
  route: RouteSeries,
  metricLabels: string,
): Promise<CanaryError> {
  const result = await prometheus.query(clustersQuery(metricLabels));
  const clusters =
    result.type === 'vector' ? result.series.map(({ labels }) => labels.envoy_cluster_name) : [];
  const check = metricLabels === '' ? '' : `, and that metricLabels (${metricLabels}) are right`;
  if (clusters.length === 0) {
    return new CanaryError(
      'PROMETHEUS_UNFIT',
      `Prometheus at ${prometheus.address} has no metrics of Emissary`,
      {
        expected: 'series of envoy_cluster_upstream_cx_total',
        found: 'none',
        hint: `Let it scrape port 8877 of Emissary's admin Service (a ServiceMonitor; the chart brings one)${check}`,
      },
    );
  }
  const names = route.statNames.map(({ stable }) => stable);
  return new CanaryError(
    'PROMETHEUS_UNFIT',
    `Emissary's metrics in Prometheus at ${prometheus.address} do not know the stable route of ${route.workload}`,
    {
      expected: `envoy_cluster_name ${names.join(' or ')}`,
      found: `${clusters.length} other clusters`,
      hint: `See that Emissary serves the Mapping (is there a Host for it?)${check}`,
    },
  );
}

/** Rounded to tenths of a second: scrapes jitter by milliseconds, and three times 15.002 s would be more than a step of 45 s. */
function medianGap(series: readonly MatrixSeries[]): Duration | undefined {
  const gaps = series
    .flatMap(({ samples }) => samples.slice(1).map(({ time }, i) => time - (samples[i]?.time ?? time)))
    .sort((a, b) => a - b);
  const median = gaps[Math.floor(gaps.length / 2)];
  if (median === undefined) return undefined;
  return Duration.seconds(Math.max(0.1, Math.round(median * 10) / 10));
}
