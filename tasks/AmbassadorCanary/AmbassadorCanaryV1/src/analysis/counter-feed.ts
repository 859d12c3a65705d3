import { Duration } from '../release/duration.ts';
import type { Clock } from '../release/ports.ts';
import { type Counted, CounterWindow, type Gain } from './counters.ts';
import type { MatrixSeries } from './query-result.ts';
import { groupBy, sourceOf } from './series.ts';

/** Asks for the raw samples of the last `range`. Rejects with a `CanaryError`. */
export type AskSamples = (range: Duration) => Promise<readonly MatrixSeries[]>;

export interface Reading {
  /** What was gained since the window started. */
  readonly counts: readonly Counted[];
  /** Why the counts may be empty although there were requests. */
  readonly since: 'start' | 'now' | 'next-scrape';
  /** How long ago the newest sample came to us, where that is suspiciously long; the counts are then old. */
  readonly silentFor?: Duration;
}

const unknownInterval = Duration.minutes(1);
const longestRange = Duration.seconds(3600);

/** A window of counters, kept up to date from Prometheus; and their story, which goes on from window to window. */
export class CounterFeed {
  readonly #window = new CounterWindow();
  readonly #story = new CounterWindow();
  readonly #onGains: (gains: readonly Gain[]) => void;
  readonly #ask: AskSamples;
  readonly #clock: Clock;
  /** Reaches over a few scrapes that came late or failed. */
  readonly #lookBack: Duration;
  readonly #silenceLimit: Duration;
  #started = false;
  #begun = false;
  #answeredAt: number;
  #newestAt: number;

  /** `onGains` hears of every scrape once, whether a window was open or not, from the first samples on that were asked for. */
  constructor(
    ask: AskSamples,
    clock: Clock,
    onGains: (gains: readonly Gain[]) => void,
    scrapeInterval: Duration = unknownInterval,
  ) {
    this.#ask = ask;
    this.#clock = clock;
    this.#onGains = onGains;
    this.#lookBack = longer(scrapeInterval.times(4), Duration.minutes(1));
    this.#silenceLimit = longer(scrapeInterval.times(3), Duration.seconds(10));
    this.#answeredAt = clock.now();
    this.#newestAt = clock.now();
  }

  /** Begins the story with what was scraped in `range`. Rejects where Prometheus can't be asked; it then begins with the first window. */
  async begin(range: Duration): Promise<void> {
    const series = await this.#samples(range);
    this.#story.start(firstScrapes(series));
    this.#begun = true;
    this.#goOn(series);
  }

  /** Starts a new window. Rejects where Prometheus can't be asked; the window then starts with the first reading that succeeds. */
  async restart(): Promise<void> {
    this.#started = false;
    const series = await this.#samples(longer(this.#reach(), Duration.minutes(5)));
    if (this.#begun) this.#goOn(series);
    else this.#story.start(series);
    this.#begun = true;
    this.#window.start(series);
    this.#note();
    this.#started = true;
  }

  /** What was gained up to now. Reaches back to the last answer, so that what was missed in between is caught up. */
  async read(): Promise<Reading> {
    if (!this.#started) {
      await this.restart();
      return { counts: [], since: 'now' };
    }
    const before = this.#window.newest;
    const series = await this.#samples(this.#reach());
    this.#window.add(series);
    this.#goOn(series);
    if (this.#window.newest > before) this.#note();
    const silentFor = Duration.milliseconds(Math.max(0, this.#clock.now() - this.#newestAt));
    return {
      counts: this.#window.counts(),
      since: this.#window.hasNewScrape ? 'start' : 'next-scrape',
      ...(Number.isFinite(this.#window.newest) &&
        this.#silenceLimit.isShorterThan(silentFor) && { silentFor }),
    };
  }

  #goOn(series: readonly MatrixSeries[]): void {
    const gains = this.#story.add(series);
    if (gains.length > 0) this.#onGains(gains);
  }

  /** Back to the last answer, and some scrapes more. */
  #reach(): Duration {
    const missed = Duration.milliseconds(Math.max(0, this.#clock.now() - this.#answeredAt));
    const range = this.#lookBack.plus(missed);
    return range.isShorterThan(longestRange) ? range : longestRange;
  }

  async #samples(range: Duration): Promise<readonly MatrixSeries[]> {
    const series = await this.#ask(range);
    this.#answeredAt = this.#clock.now();
    return series;
  }

  #note(): void {
    this.#newestAt = this.#clock.now();
  }
}

/** What the first scrape of each source brought: a series that appears later, with the first error say, counts from 0. */
function firstScrapes(series: readonly MatrixSeries[]): readonly MatrixSeries[] {
  return [...groupBy(series, ({ labels }) => sourceOf(labels)).values()].flatMap(group => {
    const first = Math.min(...group.map(({ samples }) => samples[0]?.time ?? Number.POSITIVE_INFINITY));
    return group
      .map(({ labels, samples }) => ({ labels, samples: samples.filter(({ time }) => time <= first) }))
      .filter(({ samples }) => samples.length > 0);
  });
}

function longer(one: Duration, other: Duration): Duration {
  return one.isShorterThan(other) ? other : one;
}
