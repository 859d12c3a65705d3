import { Duration } from '../release/duration.ts';
import type { Clock, Metrics } from '../release/ports.ts';
import { type Check, isComparison } from '../release/spec.ts';
import type { Measurement, RequestCount } from '../release/verdict.ts';
import type { Weight } from '../release/weight.ts';
import { type Attempt, answerReading, attempt } from './answer-reading.ts';
import { askCounter } from './ask-counter.ts';
import { type Counter, counterOf } from './checks.ts';
import { CounterFeed } from './counter-feed.ts';
import { graphQuery } from './emissary-queries.ts';
import { uncountedNote, withoutGrpcErrors } from './grpc-check.ts';
import { IdleWatch } from './idle-watch.ts';
import { Learnt } from './learnt.ts';
import {
  type Found,
  findEmissary,
  type NamedRoute,
  namedRoute,
  type Preflight,
  type RouteSeries,
} from './preflight.ts';
import type { MatrixSeries, Prometheus } from './query-result.ts';
import { edgeFor } from './response-times.ts';
import { Splits } from './splits.ts';

export interface EmissaryMetricsOptions {
  /** The routes of the plan. Checks are answered for each of their workloads by itself. */
  readonly routes: readonly [RouteSeries, ...RouteSeries[]];
  readonly checks: readonly Check[];
  /** Label matchers that are added to every query, as the inputs were checked for: `cluster="prod"`. Empty for none. */
  readonly metricLabels: string;
  readonly minimumRequests: number;
  /** Between measurements. */
  readonly interval: Duration;
  /** How long Emissary may take until a weight counts, as far as the split is judged. */
  readonly settling: Duration;
  readonly clock: Clock;
  /** Whether the user's own queries judge the canary as well. */
  readonly hasOwnChecks?: boolean;
}

/** How far back stable is looked at before the release: long enough for some bursts of errors, short enough for Prometheus. */
const history = { requests: Duration.minutes(60), times: Duration.minutes(15) };

/** Answers the checks from Emissary's Envoy metrics. */
export class EmissaryMetrics implements Metrics {
  readonly #prometheus: Prometheus;
  readonly #options: EmissaryMetricsOptions;
  #routes: readonly NamedRoute[] = [];
  #learnt = new Learnt([], { width: 0 });
  #feeds: ReadonlyMap<Counter, CounterFeed> = new Map();
  #splits = new Splits([], Duration.seconds(0));
  #weight: Weight | undefined;
  #idle: { readonly watch: IdleWatch; readonly since: number } | undefined;

  constructor(prometheus: Prometheus, options: EmissaryMetricsOptions) {
    this.#prometheus = prometheus;
    this.#options = options;
    this.#use({
      routes: options.routes.map(route => namedRoute(route, route.statNames[0])),
      scrapeInterval: undefined,
    });
  }

  /**
   * To be called once, before the first write: Prometheus answers, has Emissary's series from one source, and knows stable.
   * Settles which form the names have, and looks at what stable did of late. Rejects with `PROMETHEUS_UNREACHABLE` or
   * `PROMETHEUS_UNFIT`.
   */
  async preflight(): Promise<Preflight> {
    const found = await findEmissary(this.#prometheus, this.#options.routes, this.#options.metricLabels);
    this.#use(found);
    // Without its past stable is known from the first weight on: that is enough to judge by, only less sure.
    await Promise.allSettled([...this.#feeds].map(([counter, feed]) => feed.begin(history[counter])));
    const { checks, hasOwnChecks = false } = this.#options;
    const note = uncountedNote(found.routes, checks, hasOwnChecks);
    return { scrapeInterval: found.scrapeInterval, notes: note === undefined ? [] : [note] };
  }

  /** Never rejects: where Prometheus can't be asked now, the window starts with the first measurement that it answers. */
  async startWindow(weight: Weight): Promise<void> {
    this.#idle = undefined;
    this.#weight = weight;
    this.#splits.restart();
    await Promise.allSettled([...this.#feeds.values()].map(feed => feed.restart()));
    this.#learnt.startWindow();
  }

  evidence(): string | undefined {
    return this.#learnt.evidence();
  }

  /** To be called after `preflight` and before the first window. */
  goOnWith(text: string | undefined, windows: number): boolean {
    return this.#learnt.goOnWith(text, windows);
  }

  weightShown(after: Duration): void {
    this.#splits.weightShown(after);
  }

  async total(): Promise<RequestCount | undefined> {
    if (this.#learnt.total === undefined) return undefined;
    try {
      await this.#feeds.get('requests')?.read();
      return this.#learnt.total;
    } catch {
      return undefined;
    }
  }

  /** The split, and one measurement for each check and workload, in the order of the checks. At 100 % nothing is compared: stable has no requests. */
  async measure(): Promise<readonly Measurement[]> {
    const checks = this.#options.checks.filter(
      check => !(isComparison(check) && this.#weight?.percent === 100),
    );
    const counters = new Set<Counter>(['requests', ...checks.map(counterOf)]);
    const readings = new Map(
      [...this.#feeds]
        .filter(([counter]) => counters.has(counter))
        .map(([counter, feed]) => [counter, attempt(feed)]),
    );
    const { step, stories } = this.#learnt;
    const answers = checks.map(async check => {
      const reading = await readings.get(counterOf(check));
      return [...stories].map(([workload, story]) => {
        const terms = { ...this.#options, workloads: stories.size, step, story };
        const routes = this.#routes.filter(route => route.workload === workload);
        const answer = answerReading(check, reading, routes, terms);
        const honest = withoutGrpcErrors(check, answer, routes, this.#options.hasOwnChecks ?? false);
        // A rate can't be drawn over series of several names, as calls by their status are.
        const isDrawn = counterOf(check) === 'times' || routes.every(({ calls }) => calls !== 'counted');
        return this.#told(workload, honest, isDrawn ? check : undefined);
      });
    });
    return [this.#splitAnswers(await readings.get('requests')), ...(await Promise.all(answers))].flat();
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
      return this.#idle.watch.see(await this.#ask('requests', range));
    } catch {
      return undefined;
    }
  }

  #use({ routes, scrapeInterval }: Found): void {
    const { checks, clock, interval } = this.#options;
    this.#routes = routes;
    this.#splits = new Splits(routes, this.#options.settling);
    const limit = checks.find(check => check.kind === 'slowness-vs-stable')?.limit;
    // Windows that are shorter than a burst would take it for many.
    const width = Math.max(interval.seconds / 2, scrapeInterval?.seconds ?? 0);
    const learnt = new Learnt(routes, { width, ...(limit !== undefined && { slowEdge: edgeFor(limit) }) });
    this.#learnt = learnt;
    const counters = new Set<Counter>(['requests', ...checks.map(counterOf)]);
    this.#feeds = new Map(
      [...counters].map(counter => {
        const ask = (range: Duration) => this.#ask(counter, range);
        return [counter, new CounterFeed(ask, clock, gains => learnt.see(counter, gains), scrapeInterval)];
      }),
    );
  }

  async #ask(counter: Counter, range: Duration): Promise<readonly MatrixSeries[]> {
    const asked = { routes: this.#routes, metricLabels: this.#options.metricLabels, range };
    const series = await askCounter(this.#prometheus, counter, asked);
    if (counter === 'requests') this.#splits.see(series);
    return series;
  }

  /** Where the counters can't be read the other checks say so. */
  #splitAnswers(asked: Attempt | undefined): readonly Measurement[] {
    if (asked?.kind !== 'read' || this.#weight === undefined) return [];
    return this.#splits
      .answers(this.#weight)
      .map(({ workload, measurement }) => this.#told(workload, measurement, 'split'));
  }

  /** With the query that draws it. The workload is named where there are several, for a check is known by its name. */
  #told(workload: string, measurement: Measurement, drawn: Check | 'split' | undefined): Measurement {
    const routes = this.#routes.filter(route => route.workload === workload);
    const statNames = routes.flatMap(({ stable, canary }) => [stable, canary]);
    const selection = { ...this.#options, statNames };
    return {
      ...measurement,
      ...(this.#learnt.stories.size > 1 && { check: `${measurement.check} of ${workload}` }),
      ...(drawn !== undefined && { query: graphQuery(drawn, selection, this.#options.interval) }),
    };
  }
}
