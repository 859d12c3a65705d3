import { Duration } from '../release/duration.ts';
import { CanaryError, toCanaryErrors } from '../release/errors.ts';
import type { Clock, Metrics } from '../release/ports.ts';
import type { Check } from '../release/spec.ts';
import type { Measurement, RequestCount } from '../release/verdict.ts';
import { answerCheck, type Gains, unanswered } from './checks.ts';
import { CounterFeed, type Reading } from './counter-feed.ts';
import { requestsQuery, responseTimesQuery } from './emissary-queries.ts';
import { IdleWatch } from './idle-watch.ts';
import { sourceConflict } from './one-source.ts';
import { askMatrix, type Found, findEmissary, type NamedRoute, type RouteSeries } from './preflight.ts';
import type { MatrixSeries, Prometheus } from './query-result.ts';

export interface EmissaryMetricsOptions {
  /** The routes of the plan. Checks are answered for each of their workloads by itself. */
  readonly routes: readonly [RouteSeries, ...RouteSeries[]];
  readonly checks: readonly Check[];
  /** Label matchers that are added to every query, as the inputs were checked for: `cluster="prod"`. Empty for none. */
  readonly metricLabels: string;
  readonly minimumRequests: number;
  readonly clock: Clock;
}

/** What is known of Prometheus before the first write. */
export interface Preflight {
  /** The usual time between two scrapes of Emissary; `undefined` where fewer than two are stored. */
  readonly scrapeInterval: Duration | undefined;
}

/** Answers `success-rate` and `latency` from Emissary's Envoy metrics. */
export class EmissaryMetrics implements Metrics {
  readonly #prometheus: Prometheus;
  readonly #options: EmissaryMetricsOptions;
  #routes: readonly NamedRoute[] = [];
  #feeds: ReadonlyMap<Check, CounterFeed> = new Map();
  /** From the first window to the end, over all steps. */
  #total: CounterFeed | undefined;
  #idle: { readonly watch: IdleWatch; readonly since: number } | undefined;

  constructor(prometheus: Prometheus, options: EmissaryMetricsOptions) {
    this.#prometheus = prometheus;
    this.#options = options;
    this.#use({
      routes: options.routes.map(({ workload, statNames }) => ({ workload, ...statNames[0] })),
      scrapeInterval: undefined,
    });
  }

  /**
   * To be called once, before the first write: Prometheus answers, has Emissary's series from one source, and knows stable.
   * Settles which form the names have. Rejects with `PROMETHEUS_UNREACHABLE` or `PROMETHEUS_UNFIT`.
   */
  async preflight(): Promise<Preflight> {
    const found = await findEmissary(this.#prometheus, this.#options.routes, this.#options.metricLabels);
    this.#use(found);
    return { scrapeInterval: found.scrapeInterval };
  }

  /** Never rejects: where Prometheus can't be asked now, the window starts with the first measurement that it answers. */
  async startWindow(): Promise<void> {
    this.#idle = undefined;
    const feeds = [...this.#feeds.values()];
    if (this.#total === undefined) {
      this.#total = new CounterFeed(range => this.#ask('success-rate', range), this.#options.clock);
      feeds.push(this.#total);
    }
    await Promise.allSettled(feeds.map(feed => feed.restart()));
  }

  async total(): Promise<RequestCount | undefined> {
    try {
      const reading = await this.#total?.read();
      if (reading === undefined) return undefined;
      const gains = this.#gainsOf(reading, this.#routes);
      const { requests = 0, failed = 0 } = answerCheck({ kind: 'success-rate', minimumPercent: 0 }, gains, 0);
      return { requests, failed };
    } catch {
      return undefined;
    }
  }

  /** One measurement for each check and workload, in the order of the checks. */
  async measure(): Promise<readonly Measurement[]> {
    const answers = [...this.#feeds].map(([check, feed]) =>
      feed
        .read()
        .then(reading => this.#workloads().map(workload => this.#answer(check, reading, workload)))
        .catch((thrown: unknown) =>
          this.#workloads().map(workload => this.#named(workload, failed(check, thrown))),
        ),
    );
    return (await Promise.all(answers)).flat();
  }

  /**
   * True once two scrapes in a row of each Emissary saw no canary request, both newer than the first call since the last
   * `startWindow`: so it takes at least two scrapes, and several calls.
   */
  async isIdle(): Promise<boolean | undefined> {
    const now = this.#options.clock.now();
    this.#idle ??= { watch: new IdleWatch(this.#routes.map(({ canary }) => canary)), since: now };
    const range = Duration.milliseconds(Math.max(0, now - this.#idle.since)).plus(Duration.minutes(5));
    try {
      return this.#idle.watch.see(await this.#ask('success-rate', range));
    } catch {
      return undefined;
    }
  }

  #use({ routes, scrapeInterval }: Found): void {
    const { checks, clock } = this.#options;
    this.#routes = routes;
    this.#feeds = new Map(
      checks.map(check => [
        check,
        new CounterFeed(range => this.#ask(check.kind, range), clock, scrapeInterval),
      ]),
    );
  }

  async #ask(kind: Check['kind'], range: Duration): Promise<readonly MatrixSeries[]> {
    const statNames = this.#routes.flatMap(({ stable, canary }) => [stable, canary]);
    const selection = { statNames, metricLabels: this.#options.metricLabels };
    const query = kind === 'latency' ? responseTimesQuery : requestsQuery;
    const series = await askMatrix(this.#prometheus, query(selection, range));
    const conflict = sourceConflict(series);
    if (conflict === undefined) return series;
    throw new CanaryError(
      'PROMETHEUS_UNFIT',
      "Emissary's metrics have a second source since the start",
      conflict,
    );
  }

  #answer(check: Check, reading: Reading, workload: string): Measurement {
    if (reading.silentFor !== undefined) {
      const silence = `Prometheus got no new sample of Emissary for ${Math.round(reading.silentFor.seconds)} s`;
      return this.#named(workload, unanswered(check, `${silence}: is it still scraped?`));
    }
    const routes = this.#routes.filter(route => route.workload === workload);
    const measurement = answerCheck(check, this.#gainsOf(reading, routes), this.#options.minimumRequests);
    const detail = measurement.requests === 0 ? waitingFor(reading) : undefined;
    if (detail === undefined) return this.#named(workload, measurement);
    // There may well have been requests; nobody has told us.
    const { requests: _, failed: __, ...unknown } = measurement;
    return this.#named(workload, { ...unknown, value: 'no data', detail });
  }

  #gainsOf({ counts }: Reading, routes: readonly NamedRoute[]): Gains {
    const of = (names: readonly string[]) =>
      counts.filter(({ labels }) => names.includes(labels.envoy_cluster_name ?? ''));
    return {
      canary: of(routes.map(({ canary }) => canary)),
      stable: of(routes.map(({ stable }) => stable)),
    };
  }

  #workloads(): readonly string[] {
    return [...new Set(this.#routes.map(({ workload }) => workload))];
  }

  /** The workload is named where there are several, for a check is known by its name. */
  #named(workload: string, measurement: Measurement): Measurement {
    return this.#workloads().length === 1
      ? measurement
      : { ...measurement, check: `${measurement.check} of ${workload}` };
  }
}

function failed(check: Check, thrown: unknown): Measurement {
  return unanswered(
    check,
    // What to do about it stands once, in the error that ends the release; a line of the log has the fact.
    toCanaryErrors(thrown)
      .map(({ fact }) => fact)
      .join('. '),
  );
}

function waitingFor({ since }: Reading): string | undefined {
  switch (since) {
    case 'start':
      return undefined;
    case 'now':
      return 'counting starts now, for Prometheus gave no answer when the weight was set';
    case 'next-scrape':
      // Where nobody has ever sent a request there are no series that could be scraped.
      return 'nothing was scraped yet since the weight was set, or neither version gets requests';
  }
}
