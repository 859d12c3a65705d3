import type { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import type { Counter } from './checks.ts';
import { requestsQuery, responseTimesQuery } from './emissary-queries.ts';
import { asAnswers, callsQuery } from './grpc-series.ts';
import { sourceConflict } from './one-source.ts';
import { askMatrix, type NamedRoute } from './preflight.ts';
import type { MatrixSeries, Prometheus } from './query-result.ts';

export interface Asked {
  readonly routes: readonly NamedRoute[];
  readonly metricLabels: string;
  /** How far back. */
  readonly range: Duration;
}

/**
 * The raw samples of a counter, for stable and canary of these routes. Rejects with `PROMETHEUS_UNFIT` where they come from two
 * sources, which would count each request twice, and as `Prometheus.query` does.
 */
export async function askCounter(
  prometheus: Prometheus,
  counter: Counter,
  asked: Asked,
): Promise<readonly MatrixSeries[]> {
  const series = await askSeries(prometheus, counter, asked);
  const conflict = sourceConflict(series);
  if (conflict === undefined) return series;
  throw new CanaryError(
    'PROMETHEUS_UNFIT',
    "Emissary's metrics have a second source since the start",
    conflict,
  );
}

/** The calls of a gRPC route are counted by their status, where they are counted. */
async function askSeries(
  prometheus: Prometheus,
  counter: Counter,
  { routes, metricLabels, range }: Asked,
): Promise<readonly MatrixSeries[]> {
  const selection = (some: readonly NamedRoute[]) => ({
    statNames: some.flatMap(({ stable, canary }) => [stable, canary]),
    metricLabels,
  });
  const ask = (query: string) => askMatrix(prometheus, query);
  if (counter === 'times') return ask(responseTimesQuery(selection(routes), range));
  const grpc = routes.filter(({ calls }) => calls === 'counted');
  const others = routes.filter(({ calls }) => calls !== 'counted');
  const answers = await Promise.all([
    others.length === 0 ? [] : ask(requestsQuery(selection(others), range)),
    grpc.length === 0 ? [] : ask(callsQuery(selection(grpc), range)).then(asAnswers),
  ]);
  return answers.flat();
}
