import type {
  Labels,
  MatrixSeries,
  Prometheus,
  QueryResult,
  Sample,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';

interface Stored {
  readonly metric: string;
  readonly labels: Labels;
  readonly samples: Sample[];
}

/** Holds samples and answers the built-in queries, by its own clock, as Prometheus would. */
export class FakePrometheus implements Prometheus {
  readonly address = 'http://prometheus.test';
  readonly asked: string[] = [];
  /** While set, nothing is answered. */
  down = false;
  /** Far from any clock of ours. */
  now = 5_000;
  readonly #stored = new Map<string, Stored>();

  /** Stores what a scrape at this moment brings: `metric` with labels and value. */
  scrape(...found: readonly [metric: string, labels: Labels, value: number][]): void {
    for (const [metric, labels, value] of found) {
      const key = metric + JSON.stringify(labels);
      const stored = this.#stored.get(key) ?? { metric, labels, samples: [] };
      stored.samples.push({ time: this.now, value });
      this.#stored.set(key, stored);
    }
  }

  async query(promql: string): Promise<QueryResult> {
    this.asked.push(promql);
    if (this.down) throw new CanaryError('PROMETHEUS_UNREACHABLE', 'Prometheus is down', { hint: 'Wait' });
    if (promql.startsWith('count by (envoy_cluster_name)')) return this.#clusters();
    const [, one, names, any = one, seconds] =
      /^(\w*)\{envoy_cluster_name=~"([^"]*)"(?:,__name__=~"([^"]*)")?.*\}\[(\d+)s\]$/.exec(promql) ?? [];
    if (any === undefined) throw new Error(`a query that nobody expected: ${promql}`);
    const pattern = new RegExp(`^(?:${names?.replaceAll('\\\\', '\\')})$`);
    const metrics = new RegExp(`^(?:${any})$`);
    const series = [...this.#stored.values()]
      .filter(one => metrics.test(one.metric) && pattern.test(one.labels.envoy_cluster_name ?? ''))
      .map(
        ({ metric, labels, samples }): MatrixSeries => ({
          labels: { __name__: metric, ...labels },
          samples: samples.filter(({ time }) => time > this.now - Number(seconds)),
        }),
      )
      .filter(({ samples }) => samples.length > 0);
    return { type: 'matrix', series, warnings: [] };
  }

  #clusters(): QueryResult {
    const names = new Set([...this.#stored.values()].map(({ labels }) => labels.envoy_cluster_name ?? ''));
    const series = [...names].map(name => ({
      labels: { envoy_cluster_name: name },
      sample: { time: this.now, value: 1 },
    }));
    return { type: 'vector', series, warnings: [] };
  }
}
