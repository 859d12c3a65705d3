import type { Metrics } from '../release/ports.ts';
import type { Measurement } from '../release/verdict.ts';

/** For `prometheus: none`: there are no checks, and nobody can say whether the canary is idle. */
export class NoMetrics implements Metrics {
  async startWindow(): Promise<void> {}

  async measure(): Promise<readonly Measurement[]> {
    return [];
  }

  evidence(): undefined {
    return undefined;
  }

  goOnWith(): boolean {
    return true;
  }

  async total(): Promise<undefined> {
    return undefined;
  }

  async isIdle(): Promise<undefined> {
    return undefined;
  }
}
