import { Duration } from '../release/duration.ts';
import type { Clock } from '../release/ports.ts';
import { type Counted, CounterWindow } from './counters.ts';
import type { MatrixSeries } from './query-result.ts';

/** Asks for the raw samples of the last `range`. Rejects with a `CanaryError`. */
export type AskSamples = (range: Duration) => Promise<readonly MatrixSeries[]>;

export interface Reading {
  readonly counts: readonly Counted[];
  /** Why the counts may be empty although there were requests. */
  readonly since: 'start' | 'now' | 'next-scrape';
  /** How long ago the newest sample came to us, where that is suspiciously long; the counts are then old. */
  readonly silentFor?: Duration;
}

const unknownInterval = Duration.minutes(1);
const longestRange = Duration.seconds(3600);

/** A window of counters, kept up to date from Prometheus. */
export class CounterFeed {
  readonly #window = new CounterWindow();
  readonly #ask: AskSamples;
  readonly #clock: Clock;
  /** Reaches over a few scrapes that came late or failed. */
  readonly #lookBack: Duration;
  readonly #silenceLimit: Duration;
  #started = false;
  #answeredAt: number;
  #newestAt: number;

  constructor(ask: AskSamples, clock: Clock, scrapeInterval: Duration = unknownInterval) {
    this.#ask = ask;
    this.#clock = clock;
    this.#lookBack = longer(scrapeInterval.times(4), Duration.minutes(1));
    this.#silenceLimit = longer(scrapeInterval.times(3), Duration.seconds(10));
    this.#answeredAt = clock.now();
    this.#newestAt = clock.now();
  }

  /** Starts a new window. Rejects where Prometheus can't be asked; the window then starts with the first reading that succeeds. */
  async restart(): Promise<void> {
    this.#started = false;
    const series = await this.#samples(longer(this.#lookBack, Duration.minutes(5)));
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
    const missed = Duration.milliseconds(Math.max(0, this.#clock.now() - this.#answeredAt));
    const range = this.#lookBack.plus(missed);
    const before = this.#window.newest;
    this.#window.add(await this.#samples(range.isShorterThan(longestRange) ? range : longestRange));
    if (this.#window.newest > before) this.#note();
    const silentFor = Duration.milliseconds(Math.max(0, this.#clock.now() - this.#newestAt));
    return {
      counts: this.#window.counts(),
      since: this.#window.hasNewScrape ? 'start' : 'next-scrape',
      ...(Number.isFinite(this.#window.newest) &&
        this.#silenceLimit.isShorterThan(silentFor) && { silentFor }),
    };
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

function longer(one: Duration, other: Duration): Duration {
  return one.isShorterThan(other) ? other : one;
}
