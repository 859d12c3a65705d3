import { Comparison } from './comparison.ts';
import type { Gain } from './counters.ts';
import { comparisonBudget } from './error-budget.ts';
import type { StoryState } from './kept-evidence.ts';
import type { NamedRoute } from './preflight.ts';
import { ownEdge } from './response-times.ts';
import { countErrors, countSlow, type VersionNames, windowsOf } from './scrape-windows.ts';
import { groupBy } from './series.ts';

/** What is known of a workload's two versions since before the first weight. */
export interface Story {
  readonly errors: Comparison;
  readonly slowness: Comparison;
  /** Slower than this, in milliseconds, is slow; `undefined` as long as too little is known of stable. */
  readonly slowEdge: number | undefined;
}

export interface StoryOptions {
  readonly routes: readonly NamedRoute[];
  /** How many workloads share the false alarms. */
  readonly workloads: number;
  /** Where slow begins, in milliseconds; absent for the bucket of stable's own p95. */
  readonly slowEdge?: number;
  /** Of a window, in seconds. */
  readonly width: number;
}

/**
 * How much more often the canary may be slow, in odds. It has fewer pods than stable, with colder caches, and so is a little
 * slower than it will be; errors have no such excuse.
 */
const slownessTolerance = 1.5;
/** How many windows it may be cold for, however slow that makes it: a minute, with the default interval. */
const coldWindows = 4;

/** What is known of both versions before anything is seen. */
export function emptyComparisons(workloads: number): Pick<Story, 'errors' | 'slowness'> {
  return {
    errors: new Comparison({
      tolerance: 1,
      forgiven: 1,
      falseAlarms: comparisonBudget('errors', { workloads }),
    }),
    slowness: new Comparison({
      tolerance: slownessTolerance,
      forgiven: coldWindows,
      falseAlarms: comparisonBudget('slowness', { workloads }),
    }),
  };
}

/** A story for each workload of these routes. */
export function storiesOf(
  routes: readonly NamedRoute[],
  options: Pick<StoryOptions, 'slowEdge' | 'width'>,
): ReadonlyMap<string, WorkloadStory> {
  const byWorkload = groupBy(routes, ({ workload }) => workload);
  return new Map(
    [...byWorkload].map(([workload, own]) => [
      workload,
      new WorkloadStory({ ...options, routes: own, workloads: byWorkload.size }),
    ]),
  );
}

/** Tells the gains of Emissary's counters as windows of both versions. */
export class WorkloadStory implements Story {
  readonly errors: Comparison;
  readonly slowness: Comparison;
  readonly #names: VersionNames;
  readonly #width: number;
  #slowEdge: number | undefined;
  /** Gains of stable while its own p95 is not known yet. */
  #times: Gain[] = [];

  constructor({ routes, workloads, slowEdge, width }: StoryOptions) {
    const { errors, slowness } = emptyComparisons(workloads);
    this.errors = errors;
    this.slowness = slowness;
    this.#names = {
      canary: new Set(routes.map(({ canary }) => canary)),
      stable: new Set(routes.map(({ stable }) => stable)),
    };
    this.#slowEdge = slowEdge;
    this.#width = width;
  }

  get slowEdge(): number | undefined {
    return this.#slowEdge;
  }

  get state(): StoryState {
    const slowEdge = this.#slowEdge === undefined ? {} : { slowEdge: this.#slowEdge };
    return { errors: this.errors.state, slowness: this.slowness.state, ...slowEdge };
  }

  /** Goes on with what another process had learnt. Its edge between fast and slow stays as well. */
  restore({ errors, slowness, slowEdge }: StoryState): void {
    this.errors.restore(errors);
    this.slowness.restore(slowness);
    this.#slowEdge = slowEdge ?? this.#slowEdge;
  }

  /** Takes in gains of `envoy_cluster_upstream_rq_xx`. */
  addRequests(gains: readonly Gain[]): void {
    for (const window of windowsOf(gains, this.#names, this.#width, countErrors)) this.errors.see(window);
  }

  /** Takes in gains of `envoy_cluster_upstream_rq_time_bucket`. The edge stays what it was first: the canary must not move it. */
  addTimes(gains: readonly Gain[]): void {
    this.#times.push(...gains);
    this.#slowEdge ??= ownEdge(
      this.#times.filter(({ labels }) => this.#names.stable.has(labels.envoy_cluster_name ?? '')),
    );
    if (this.#slowEdge === undefined) return;
    const known = this.#times;
    this.#times = [];
    const windows = windowsOf(known, this.#names, this.#width, countSlow(this.#slowEdge));
    for (const window of windows) this.slowness.see(window);
  }
}
