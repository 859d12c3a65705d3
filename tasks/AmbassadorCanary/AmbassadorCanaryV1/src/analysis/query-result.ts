export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  /** Seconds since the epoch by the clock of the Prometheus that scraped it: only ever compared with its like. */
  readonly time: number;
  /** May be NaN or infinite. */
  readonly value: number;
}

/** A series at one moment. */
export interface VectorSeries {
  readonly labels: Labels;
  readonly sample: Sample;
}

/** A series with its raw samples, oldest first. */
export interface MatrixSeries {
  readonly labels: Labels;
  readonly samples: readonly Sample[];
}

/** What a query came to, in the four types that PromQL has. */
export type QueryData =
  | { readonly type: 'vector'; readonly series: readonly VectorSeries[] }
  | { readonly type: 'matrix'; readonly series: readonly MatrixSeries[] }
  | { readonly type: 'scalar'; readonly sample: Sample }
  | { readonly type: 'string'; readonly time: number; readonly text: string };

/** What Prometheus answers to a query, checked. Warnings (of partial data, say) are its own words. */
export type QueryResult = QueryData & { readonly warnings: readonly string[] };

/** What `analysis/` needs of a Prometheus. */
export interface Prometheus {
  /** Where it is, for people. */
  readonly address: string;
  /** An instant query, evaluated at Prometheus' own present. Rejects with `PROMETHEUS_UNREACHABLE` or `PROMETHEUS_UNFIT`. */
  query(promql: string): Promise<QueryResult>;
}
