import type { Duration } from '../release/duration.ts';
import type { Measurement } from '../release/verdict.ts';
import type { Weight } from '../release/weight.ts';
import type { NamedRoute } from './preflight.ts';
import type { MatrixSeries } from './query-result.ts';
import { groupBy } from './series.ts';
import { answerSplit } from './split-check.ts';
import { SplitCounter } from './split-counter.ts';

/** A workload's share of requests, over all of its routes: Mappings of one Service share its counters, and one weight. */
interface Split {
  readonly workload: string;
  readonly routes: readonly NamedRoute[];
  readonly counter: SplitCounter;
}

/** Sees how the requests of each workload are split between its versions. */
export class Splits {
  readonly #splits: readonly Split[];

  constructor(routes: readonly NamedRoute[], settling: Duration) {
    this.#splits = [...groupBy(routes, ({ workload }) => workload)].map(([workload, own]) => {
      const names = {
        canary: new Set(own.map(({ canary }) => canary)),
        stable: new Set(own.map(({ stable }) => stable)),
      };
      return { workload, routes: own, counter: new SplitCounter(names, settling) };
    });
  }

  /** To be called when a weight was set, before the next samples are seen. */
  restart(): void {
    for (const { counter } of this.#splits) counter.restart();
  }

  /** Emissary was seen to have taken the weight up, so long after it was set. */
  weightShown(after: Duration): void {
    for (const { counter } of this.#splits) counter.weightShown(after);
  }

  /** Takes in samples of `envoy_cluster_upstream_rq_xx`. */
  see(series: readonly MatrixSeries[]): void {
    for (const { routes, counter } of this.#splits) {
      const names = new Set(routes.flatMap(({ stable, canary }) => [stable, canary]));
      counter.see(series.filter(({ labels }) => names.has(labels.envoy_cluster_name ?? '')));
    }
  }

  /** The answer of check `split` for each workload of which there is one. */
  answers(weight: Weight): readonly { readonly workload: string; readonly measurement: Measurement }[] {
    return this.#splits.flatMap(({ workload, routes, counter }) => {
      const also = {
        canary: routes.flatMap(({ alsoCounted }) => alsoCounted?.canary ?? []),
        stable: routes.flatMap(({ alsoCounted }) => alsoCounted?.stable ?? []),
      };
      const measurement = answerSplit(weight, counter, also);
      return measurement === undefined ? [] : [{ workload, measurement }];
    });
  }
}
