import type {
  Labels,
  MatrixSeries,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import type { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { Clock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';

/** A clock that only moves when somebody sleeps or the test says so. */
export class ManualClock implements Clock {
  readonly slept: number[] = [];
  #now = 1_700_000_000_000;

  now(): number {
    return this.#now;
  }

  async sleep(time: Duration): Promise<void> {
    this.slept.push(time.milliseconds);
    this.#now += time.milliseconds;
  }

  advance(seconds: number): void {
    this.#now += seconds * 1000;
  }
}

/** A series from text: `t@v t@v …`. */
export function series(labels: Labels, samples: string): MatrixSeries {
  return {
    labels,
    samples: samples
      .split(' ')
      .filter(sample => sample !== '')
      .map(sample => {
        const [time, value] = sample.split('@');
        return { time: Number(time), value: Number(value) };
      }),
  };
}

/** Random numbers in [0, 1) that are the same in each run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
