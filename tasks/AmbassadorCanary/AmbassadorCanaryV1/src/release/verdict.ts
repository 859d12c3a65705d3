/** The answer to a check: `inconclusive` is too little data, `error` could not ask. Neither is success or failure. */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'error';

/** Requests that the canary answered, and how many of them failed. */
export interface RequestCount {
  readonly requests: number;
  readonly failed: number;
}

/** The numbers behind an answer, in one unit, for a chart. */
export interface Reading {
  readonly unit: '%' | 'ms' | '';
  readonly value: number;
  readonly limit?: number;
  /** The same of stable. */
  readonly stable?: number;
}

/** One answer to one check. */
export interface Measurement {
  readonly check: string;
  readonly verdict: Verdict;
  /** The value with its unit, or why there is none: `99.83 %`, `no requests`. */
  readonly value: string;
  /** The limit as the log shows it: `≥ 99 %`. Absent where a check has none. */
  readonly limit?: string;
  /** What a table shows of it where the column beside it says the rest. */
  readonly brief?: string;
  /** Absent where there is no number. */
  readonly reading?: Reading;
  /** In PromQL, to be drawn: a rate where the answer rests on counts. Absent where nobody asked Prometheus. */
  readonly query?: string;
  /** How many of the canary's requests the answer rests on. Absent where it rests on none that are known. */
  readonly requests?: number;
  /** How many of them failed. */
  readonly failed?: number;
  /** What a reader must know besides: `stable fails as well`. Text from outside is allowed: the log neutralises it. */
  readonly detail?: string;
  /**
   * It is no pass and yet nothing against the canary, because stable is no better as far as one can see: the step may go on,
   * with a warning. `after-waiting`: only once it was extended, for more requests may tell.
   */
  readonly goesOn?: 'at-once' | 'after-waiting';
  /** Known counts decide at once; a bare value has to fail `failureThreshold` times in a row. */
  readonly actsAtOnce: boolean;
  /** How many times in a row, where that is not the release's own number. */
  readonly failureThreshold?: number;
  /** It is not known yet, and nobody waits for it: its source is later than that of a check that waits for enough requests. */
  readonly late?: boolean;
  /** It is told and decides nothing. */
  readonly dryRun?: boolean;
}
