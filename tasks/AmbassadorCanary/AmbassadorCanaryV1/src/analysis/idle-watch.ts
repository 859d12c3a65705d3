import type { MatrixSeries } from './query-result.ts';
import { groupBy, keyOf, targetLabels } from './series.ts';

/** Watches for two scrapes in a row, of each target, between which no canary request was answered. */
export class IdleWatch {
  readonly #canaryNames: ReadonlySet<string>;
  #since: number | undefined;
  #targets: readonly string[] = [];

  constructor(canaryNames: readonly string[]) {
    this.#canaryNames = new Set(canaryNames);
  }

  /**
   * Takes in the raw samples of the requests of stable and canary. Both scrapes must be newer than those of the first call: two from
   * before the weight went to 0 would prove nothing. Stable's series tell that a target was scraped even where the canary's are
   * gone. `undefined` where there is nothing to go by.
   */
  see(series: readonly MatrixSeries[]): boolean | undefined {
    const byTarget = groupBy(series, ({ labels }) => keyOf(targetLabels(labels)));
    if (byTarget.size === 0) return undefined;
    if (this.#since === undefined) {
      this.#since = Math.max(...series.map(({ samples }) => samples.at(-1)?.time ?? 0));
      this.#targets = [...byTarget.keys()];
      return false;
    }
    const since = this.#since;
    const targets = new Set([...this.#targets, ...byTarget.keys()]);
    return [...targets].every(target => this.#isQuiet(byTarget.get(target) ?? [], since));
  }

  #isQuiet(series: readonly MatrixSeries[], since: number): boolean {
    const times = series
      .flatMap(({ samples }) => samples.map(({ time }) => time))
      .filter(time => time > since);
    const [last, previous] = [...new Set(times)].sort((a, b) => b - a);
    if (last === undefined || previous === undefined) return false;
    return series
      .filter(({ labels }) => this.#canaryNames.has(labels.envoy_cluster_name ?? ''))
      .every(({ samples }) => {
        const now = samples.find(({ time }) => time === last);
        // What is gone with the canary's cluster gets no requests; what has just appeared got some.
        return now === undefined || samples.find(({ time }) => time === previous)?.value === now.value;
      });
  }
}
