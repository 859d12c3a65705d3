import type { Duration } from '../release/duration.ts';
import type { Metrics } from '../release/ports.ts';
import type { Measurement, RequestCount } from '../release/verdict.ts';
import type { Weight } from '../release/weight.ts';
import type { OwnChecks } from './own-checks.ts';

/** The built-in checks, and the user's own beside them: all are asked at the same time. Requests are the built-in ones' to count. */
export class JoinedMetrics implements Metrics {
  readonly #builtIn: Metrics;
  readonly #own: OwnChecks;

  constructor(builtIn: Metrics, own: OwnChecks) {
    this.#builtIn = builtIn;
    this.#own = own;
  }

  async startWindow(weight: Weight): Promise<void> {
    this.#own.startWindow();
    await this.#builtIn.startWindow(weight);
  }

  weightShown(after: Duration): void {
    this.#builtIn.weightShown?.(after);
  }

  async measure(): Promise<readonly Measurement[]> {
    return (await Promise.all([this.#builtIn.measure(), this.#own.measure()])).flat();
  }

  evidence(): string | undefined {
    return this.#builtIn.evidence();
  }

  goOnWith(evidence: string | undefined, windows: number): boolean {
    return this.#builtIn.goOnWith(evidence, windows);
  }

  total(): Promise<RequestCount | undefined> {
    return this.#builtIn.total();
  }

  isIdle(): Promise<boolean | undefined> {
    return this.#builtIn.isIdle();
  }
}
