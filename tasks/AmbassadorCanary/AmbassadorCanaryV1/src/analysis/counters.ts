import type { Labels, MatrixSeries, Sample } from './query-result.ts';
import { firstTimeAfter, groupBy, keyOf, sourceOf } from './series.ts';

/** What a series counted in the window. */
export interface Counted {
  readonly labels: Labels;
  readonly count: number;
}

/** What a series gained with one scrape. */
export interface Gain extends Counted {
  /** When it was scraped, in seconds by Prometheus' clock. */
  readonly time: number;
}

interface Tally {
  readonly labels: Labels;
  /** It was there when the window started. */
  readonly old: boolean;
  last: Sample | undefined;
  counted: number;
}

/** All series that one scrape brings of one Envoy cluster: they share their timestamps. */
interface Source {
  /** Its newest scrape when the window started; absent where it was not there yet. */
  readonly startedAt: number | undefined;
  /** Its first scrape in the window, which is counted from. */
  baseline: number | undefined;
}

/**
 * Counts what counters gained since a moment, from their raw samples, scrape to scrape. `rate` and `increase` would extrapolate,
 * miss a series' first value and reach back before the weight (DESIGN, promise 7). The rules:
 * - What was there when the window started counts from its first scrape after that; so does a series that this very scrape
 *   brings along, for what it holds may be older. Nothing from before the window is ever counted, at the price of one scrape.
 * - What appears later counts from 0. A counter that drops was reset and counts from 0.
 * - A series that vanishes keeps what it counted.
 * Timestamps are compared with timestamps only, never with a clock of ours.
 */
export class CounterWindow {
  readonly #tallies = new Map<string, Tally>();
  readonly #sources = new Map<string, Source>();
  /** The newest scrape of each series ever seen: one that is missing just when a window starts is no new one. */
  readonly #newestOf = new Map<string, { readonly labels: Labels; readonly time: number }>();
  #startedAt = Number.NEGATIVE_INFINITY;
  #newest = Number.NEGATIVE_INFINITY;

  /** Starts counting anew. `series` is what the counters hold now, with at least their latest sample. */
  start(series: readonly MatrixSeries[]): void {
    this.#see(series);
    this.#startedAt = this.#newest;
    this.#tallies.clear();
    this.#sources.clear();
    for (const [key, { labels, time }] of this.#newestOf) {
      this.#tallies.set(key, { labels, old: true, last: undefined, counted: 0 });
      const source = sourceOf(labels);
      const startedAt = Math.max(time, this.#sources.get(source)?.startedAt ?? time);
      this.#sources.set(source, { startedAt, baseline: undefined });
    }
  }

  /** Takes in samples; those already counted may be among them. Returns what was counted only now, scrape by scrape. */
  add(series: readonly MatrixSeries[]): readonly Gain[] {
    const gains: Gain[] = [];
    for (const [key, group] of groupBy(series, ({ labels }) => sourceOf(labels))) {
      const source = this.#source(key, group);
      source.baseline ??= firstScrape(group, source.startedAt);
      for (const one of group) gains.push(...this.#count(one, source));
    }
    this.#see(series);
    return gains;
  }

  counts(): readonly Counted[] {
    return [...this.#tallies.values()].map(({ labels, counted }) => ({ labels, count: counted }));
  }

  /** The time of the newest sample ever seen; minus infinity before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether anything was scraped since the window started. */
  get hasNewScrape(): boolean {
    return this.#newest > this.#startedAt;
  }

  /** A source that the start of the window did not know, but that has samples from before it, is no new one either. */
  #source(key: string, group: readonly MatrixSeries[]): Source {
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    const wasThere = group.some(
      ({ samples }) => (samples[0]?.time ?? Number.POSITIVE_INFINITY) <= this.#startedAt,
    );
    const source = { startedAt: wasThere ? this.#startedAt : undefined, baseline: undefined };
    this.#sources.set(key, source);
    return source;
  }

  #count({ labels, samples }: MatrixSeries, source: Source): readonly Gain[] {
    const gains: Gain[] = [];
    const { startedAt, baseline } = source;
    const key = keyOf(labels);
    const tally = this.#tallies.get(key) ?? { labels, old: false, last: undefined, counted: 0 };
    this.#tallies.set(key, tally);
    for (const sample of samples.filter(isCount)) {
      if (sample.time <= (tally.last?.time ?? startedAt ?? Number.NEGATIVE_INFINITY)) continue;
      const isCountedFrom0 = startedAt === undefined || !(tally.old || sample.time === baseline);
      const from = tally.last?.value ?? (isCountedFrom0 ? 0 : sample.value);
      const count = gain(from, sample.value);
      if (count > 0) gains.push({ labels, time: sample.time, count });
      tally.counted += count;
      tally.last = sample;
    }
    return gains;
  }

  #see(series: readonly MatrixSeries[]): void {
    for (const { labels, samples } of series) {
      const newest = samples.at(-1);
      if (newest === undefined) continue;
      const key = keyOf(labels);
      const time = Math.max(newest.time, this.#newestOf.get(key)?.time ?? newest.time);
      this.#newestOf.set(key, { labels, time });
      this.#newest = Math.max(this.#newest, time);
    }
  }
}

function firstScrape(group: readonly MatrixSeries[], after: number | undefined): number | undefined {
  const times = group.map(series => firstTimeAfter(series, after)).filter(time => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

function gain(from: number, to: number): number {
  return to >= from ? to - from : to;
}

function isCount({ value }: Sample): boolean {
  return Number.isFinite(value) && value >= 0;
}
