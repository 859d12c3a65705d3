import type { RequestCount } from '../release/verdict.ts';
import type { Counter } from './checks.ts';
import type { Gain } from './counters.ts';
import { readEvidence, writeEvidence } from './kept-evidence.ts';
import type { NamedRoute } from './preflight.ts';
import { countErrors } from './scrape-windows.ts';
import { type StoryOptions, storiesOf, type WorkloadStory } from './workload-story.ts';

/** What the built-in checks have learnt over all steps of a release, also in processes before this one. */
export class Learnt {
  /** Both versions of each workload, compared. */
  readonly stories: ReadonlyMap<string, WorkloadStory>;
  readonly #canaries: ReadonlySet<string>;
  /** How many windows were started: one a step. */
  #windows = 0;
  /** How many of this release were started by processes before this one. */
  #earlierWindows = 0;
  #total: RequestCount = { requests: 0, failed: 0 };

  constructor(routes: readonly NamedRoute[], options: Pick<StoryOptions, 'slowEdge' | 'width'>) {
    this.stories = storiesOf(routes, options);
    this.#canaries = new Set(routes.map(({ canary }) => canary));
  }

  /** Which step of the release is measured, from 0. */
  get step(): number {
    return this.#earlierWindows + this.#windows - 1;
  }

  /** All that the canary answered; `undefined` before the first window. */
  get total(): RequestCount | undefined {
    return this.#windows === 0 ? undefined : this.#total;
  }

  startWindow(): void {
    this.#windows++;
  }

  /** Takes in what a counter gained since it was last read. */
  see(counter: Counter, gains: readonly Gain[]): void {
    const isCanary = ({ labels }: Gain) => this.#canaries.has(labels.envoy_cluster_name ?? '');
    // A canary from before the first window is that of an earlier release.
    const known = this.#windows === 0 ? gains.filter(gain => !isCanary(gain)) : gains;
    for (const story of this.stories.values()) {
      if (counter === 'requests') story.addRequests(known);
      else story.addTimes(known);
    }
    if (counter === 'times') return;
    const { total, bad } = countErrors(known.filter(isCanary));
    this.#total = { requests: this.#total.requests + total, failed: this.#total.failed + bad };
  }

  /** As text for the record; `undefined` where that would be too long for it. */
  evidence(): string | undefined {
    const windows = this.#earlierWindows + this.#windows;
    const stories = [...this.stories].map(([workload, story]) => [workload, story.state]);
    return writeEvidence({ windows, total: this.#total, stories: Object.fromEntries(stories) });
  }

  /** To be called before the first window: see `Metrics.goOnWith`. What the canary answered in between is forgotten. */
  goOnWith(text: string | undefined, windows: number): boolean {
    const kept = text === undefined ? undefined : readEvidence(text);
    const isOurs =
      kept !== undefined && [...this.stories.keys()].every(name => Object.hasOwn(kept.stories, name));
    // A window that was interrupted has had its part of the false alarms.
    this.#earlierWindows = Math.max(windows, isOurs ? kept.windows + 1 : 0);
    if (!isOurs) return false;
    this.#total = kept.total;
    for (const [name, story] of this.stories) {
      const state = kept.stories[name];
      if (state !== undefined) story.restore(state);
    }
    return true;
  }
}
