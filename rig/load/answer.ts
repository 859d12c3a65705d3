/** What became of one request. Times are milliseconds since the epoch. */
export interface Answer {
  /** When the request should have left: latency counts from here, so a slow server can't hide behind a late request. */
  readonly intendedAt: number;
  readonly latencyMs: number;
  /** Absent when there was no answer at all. */
  readonly status?: number;
  /** The code or text of the error when there was no answer; the beginning of an answer of 500 and above. */
  readonly error?: string;
  /** `x-app-version` of the answer, where it has one. */
  readonly version?: string;
}

/** A request that its user lost: no answer, or one of 400 and above. */
export function isFailed({ status }: Answer): boolean {
  return status === undefined || status >= 400;
}

export interface LoadOptions {
  /** Where to send to; only addresses of 127.0.0.0/8 are taken. */
  readonly url: string;
  readonly ratePerSecond: number;
  /** It stops by itself after this long. */
  readonly durationMs: number;
  /** Such as `host`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A request without an answer counts as failed after this long; default 10 s. */
  readonly timeoutMs?: number;
}

/** Bounds that keep a mistake in a test from taking the machine down. */
export const mostPerSecond = 2000;
export const longestMs = 3_600_000;

/** The same options if they are within bounds; throws a RangeError that names the bad one otherwise. */
export function checkedOptions(options: LoadOptions): LoadOptions {
  const { hostname, protocol } = new URL(options.url);
  if (protocol !== 'http:' || !/^127\.\d+\.\d+\.\d+$/.test(hostname)) {
    throw new RangeError(`load goes only to http://127.x.x.x, not to ${options.url}`);
  }
  if (!(options.ratePerSecond > 0 && options.ratePerSecond <= mostPerSecond)) {
    throw new RangeError(
      `the rate must be over 0 and at most ${mostPerSecond}/s, not ${options.ratePerSecond}`,
    );
  }
  if (!(options.durationMs > 0 && options.durationMs <= longestMs)) {
    throw new RangeError(
      `the duration must be over 0 and at most ${longestMs} ms, not ${options.durationMs}`,
    );
  }
  return options;
}
