/** What one probe has come to: nothing yet, or the last result that its threshold allowed. */
export type ProbeResult = 'unknown' | 'success' | 'failure';

export interface ProbeThresholds {
  readonly successThreshold?: number | undefined;
  readonly failureThreshold?: number | undefined;
}

/** Turns single answers into a result: it changes only after as many equal answers in a row as the threshold says. */
export class ProbeCounter {
  readonly #thresholds: ProbeThresholds;
  #result: ProbeResult = 'unknown';
  #last: ProbeResult = 'unknown';
  #inARow = 0;

  constructor(thresholds: ProbeThresholds) {
    this.#thresholds = thresholds;
  }

  get result(): ProbeResult {
    return this.#result;
  }

  /** Counts an answer; true when it changed the result. Defaults are Kubernetes': 1 success, 3 failures. */
  observe(answer: 'success' | 'failure'): boolean {
    this.#inARow = answer === this.#last ? this.#inARow + 1 : 1;
    this.#last = answer;
    const needed =
      answer === 'success'
        ? (this.#thresholds.successThreshold ?? 1)
        : (this.#thresholds.failureThreshold ?? 3);
    if (this.#inARow < needed || this.#result === answer) return false;
    this.#result = answer;
    return true;
  }
}
