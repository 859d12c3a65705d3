/**
 * Emissary's way to gather changes (`pkg/kates/accumulator.go`): a change goes out at once when the last one is at least
 * an interval ago; otherwise it waits for the next beat of a clock that runs since the start, so for up to an interval.
 */
export class ChangeBatcher {
  readonly #intervalMs: number;
  readonly #send: () => void;
  readonly #clock: NodeJS.Timeout;
  #lastSent = Number.NEGATIVE_INFINITY;
  #waiting = false;

  /** `intervalMs` is `AMBASSADOR_RECONFIG_MAX_DELAY`. `send` must not throw. */
  constructor(intervalMs: number, send: () => void) {
    this.#intervalMs = intervalMs;
    this.#send = send;
    this.#clock = setInterval(() => {
      if (this.#waiting) this.#sendNow();
    }, intervalMs);
  }

  changed(): void {
    if (performance.now() - this.#lastSent >= this.#intervalMs) this.#sendNow();
    else this.#waiting = true;
  }

  stop(): void {
    clearInterval(this.#clock);
  }

  #sendNow(): void {
    this.#waiting = false;
    this.#lastSent = performance.now();
    this.#send();
  }
}
