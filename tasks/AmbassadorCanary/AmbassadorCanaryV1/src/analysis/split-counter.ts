import { Duration } from '../release/duration.ts';
import type { MatrixSeries } from './query-result.ts';
import type { VersionNames } from './scrape-windows.ts';
import { groupBy, keyOf, targetLabels } from './series.ts';

/** The requests that each version answered. */
export interface SplitCounts {
  readonly canary: number;
  readonly stable: number;
}

/** What an Envoy said so far. */
interface Target {
  time: number;
  /** The newest value of each of its series, also of those that are gone. */
  readonly values: Map<string, number>;
  /** The series of its newest scrape. */
  present: ReadonlySet<string>;
}

interface Scrape {
  readonly time: number;
  readonly samples: ReadonlyMap<string, { readonly name: string; readonly value: number }>;
}

/** How long a change mostly takes to reach every Envoy (facts/emissary.md 11). */
const usual = Duration.seconds(5);

const none: SplitCounts = { canary: 0, stable: 0 };

/**
 * Counts the requests of both versions over the same times: Envoy by Envoy, between two scrapes that brought both. The counts that
 * limits are held against won't do here, since those of a canary that has just appeared begin one scrape before stable's.
 * Pure; compares Prometheus' times with each other only.
 */
export class SplitCounter {
  readonly #names: VersionNames;
  readonly #settling: number;
  /** The same where the weight was seen to be in effect. */
  #shown = Number.POSITIVE_INFINITY;
  readonly #targets = new Map<string, Target>();
  #newest = Number.NEGATIVE_INFINITY;
  /** The newest scrape when counting began; `undefined` until something was seen after `restart`. */
  #since: number | undefined;
  #firstAfter: number | undefined;
  #all = none;
  #settled = none;

  /** `settling`: how long after a weight Emissary may still be about to take it up. */
  constructor(names: VersionNames, settling: Duration) {
    this.#names = names;
    this.#settling = settling.seconds;
  }

  /** Counts anew, from the samples on that are seen next. */
  restart(): void {
    this.#since = undefined;
    this.#firstAfter = undefined;
    this.#shown = Number.POSITIVE_INFINITY;
    this.#all = none;
    this.#settled = none;
  }

  /**
   * Emissary was seen to have taken the weight up, so long after `restart`. That was one of its pods: the others have the time that
   * a change mostly takes.
   */
  weightShown(after: Duration): void {
    this.#shown = after.plus(usual).seconds;
  }

  /** Takes in counters of answered requests; samples already seen may be among them. */
  see(series: readonly MatrixSeries[]): void {
    const times = series.flatMap(({ samples }) => samples.map(({ time }) => time));
    this.#newest = times.reduce((newest, time) => Math.max(newest, time), this.#newest);
    const since = this.#since;
    const later = since === undefined ? [] : times.filter(time => time > since);
    if (later.length > 0) this.#firstAfter ??= Math.min(...later);
    for (const [key, group] of groupBy(series, ({ labels }) => keyOf(targetLabels(labels)))) {
      this.#seeTarget(key, group);
    }
    this.#since ??= this.#newest;
  }

  /** Since the weight was set; in the beginning with some requests from just before Emissary took it up. */
  get all(): SplitCounts {
    return this.#all;
  }

  /** Since Emissary has had its time to take the weight up. */
  get settled(): SplitCounts {
    return this.#settled;
  }

  #seeTarget(key: string, group: readonly MatrixSeries[]): void {
    const target = this.#targets.get(key) ?? {
      time: Number.NEGATIVE_INFINITY,
      values: new Map(),
      present: new Set(),
    };
    this.#targets.set(key, target);
    const scrapes = scrapesOf(group).filter(({ time }) => time > target.time);
    for (const scrape of scrapes) {
      // Where samples are written to a store elsewhere, those of one scrape need not arrive together.
      const isWhole = [...target.present].every(one => scrape.samples.has(one));
      if (!isWhole && scrape === scrapes.at(-1)) return;
      this.#count(target, scrape);
    }
  }

  #count(target: Target, { time, samples }: Scrape): void {
    const gained = { canary: 0, stable: 0 };
    for (const [key, { name, value }] of samples) {
      const before = target.values.get(key) ?? 0;
      const gain = value >= before ? value - before : value;
      if (this.#names.canary.has(name)) gained.canary += gain;
      else if (this.#names.stable.has(name)) gained.stable += gain;
      target.values.set(key, value);
    }
    const from = target.time;
    target.time = time;
    target.present = new Set(samples.keys());
    if (this.#since === undefined || from < this.#since || from === Number.NEGATIVE_INFINITY) return;
    this.#all = plus(this.#all, gained);
    const settledAt = (this.#firstAfter ?? Number.POSITIVE_INFINITY) + Math.min(this.#settling, this.#shown);
    if (from >= settledAt) this.#settled = plus(this.#settled, gained);
  }
}

function scrapesOf(group: readonly MatrixSeries[]): readonly Scrape[] {
  const samples = group.flatMap(series => {
    const [key, name] = [keyOf(series.labels), series.labels.envoy_cluster_name ?? ''];
    return series.samples
      .filter(({ value }) => Number.isFinite(value) && value >= 0)
      .map(({ time, value }) => ({ key, name, time, value }));
  });
  return [...groupBy(samples, ({ time }) => String(time)).values()]
    .map(scrape => ({
      time: scrape[0]?.time ?? 0,
      samples: new Map(scrape.map(({ key, name, value }) => [key, { name, value }])),
    }))
    .sort((one, other) => one.time - other.time);
}

function plus(one: SplitCounts, other: SplitCounts): SplitCounts {
  return { canary: one.canary + other.canary, stable: one.stable + other.stable };
}
