import type { Reading } from '../envoy-stats.ts';

export type Labels = Readonly<Record<string, string>>;

/** Seconds since the epoch, and a value. */
export type Sample = readonly [time: number, value: number];

export interface Series {
  /** With `__name__`. */
  readonly labels: Labels;
  readonly samples: Sample[];
  /** When a scrape first no longer had it; absent as long as it is there. */
  endedAt?: number;
}

/** How long samples are kept, in seconds. */
const retention = 3_600;
/** How old the latest sample may be for an instant query, in seconds. */
const lookback = 300;

/** Prometheus' storage: the samples of each scrape, by series. */
export class Samples {
  readonly #series = new Map<string, Series>();

  /** Stores one scrape of one target. A series that it no longer has is over from then on. */
  store(time: number, target: Labels, readings: readonly Reading[]): void {
    const seen = new Set<Series>();
    for (const { name, labels, value } of readings) {
      const series = this.#of({ __name__: name, ...labels, ...target });
      series.samples.push([time, value]);
      delete series.endedAt;
      seen.add(series);
    }
    for (const [key, series] of this.#series) {
      if (!isOf(series, target)) continue;
      if (!seen.has(series)) series.endedAt ??= time;
      while ((series.samples[0]?.[0] ?? time) < time - retention) series.samples.shift();
      if (series.samples.length === 0) this.#series.delete(key);
    }
  }

  find(matches: (labels: Labels) => boolean): Series[] {
    return [...this.#series.values()].filter(series => matches(series.labels));
  }

  #of(labels: Labels): Series {
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = this.#series.get(key);
    if (known) return known;
    const made: Series = { labels, samples: [] };
    this.#series.set(key, made);
    return made;
  }
}

function isOf({ labels }: Series, target: Labels): boolean {
  return Object.entries(target).every(([name, value]) => labels[name] === value);
}

/** The value of a series at a time: its latest sample, if the series still was there and it is not too old. */
export function valueAt({ samples, endedAt }: Series, time: number): Sample | undefined {
  const latest = samples.findLast(([at]) => at <= time);
  if (!latest || latest[0] <= time - lookback) return undefined;
  const isOver = endedAt !== undefined && endedAt <= time && latest[0] < endedAt;
  return isOver ? undefined : latest;
}

/** The samples after `from` up to `to`, in seconds since the epoch. */
export function samplesBetween({ samples }: Series, from: number, to: number): Sample[] {
  return samples.filter(([at]) => at > from && at <= to);
}
