import { type LoadOptions, longestMs } from './answer.ts';
import { Load } from './load.ts';
import type { LoadRecord } from './record.ts';

/** A load that begins anew, with an empty record, whenever its time is over, until it is stopped. */
export class EndlessLoad {
  readonly #options: LoadOptions;
  readonly #onError: (error: Error) => void;
  #load: Load;
  #failedBefore = 0;
  #stopped = false;

  private constructor(options: LoadOptions, onError: (error: Error) => void) {
    this.#options = options;
    this.#onError = onError;
    this.#load = this.#begin();
  }

  /**
   * Starts to send. A round takes `durationMs`, the longest that a load may take unless told. `onError` hears when the
   * process that sends has failed; then no more is sent. Throws a RangeError as `Load.start` does.
   */
  static start(
    options: Omit<LoadOptions, 'durationMs'> & { readonly durationMs?: number },
    onError: (error: Error) => void,
  ): EndlessLoad {
    return new EndlessLoad({ durationMs: longestMs, ...options }, onError);
  }

  /** The answers of the round that runs. */
  get record(): LoadRecord {
    return this.#load.record;
  }

  /** How many requests were lost since the start. */
  get failed(): number {
    return this.#failedBefore + this.#load.record.failed().length;
  }

  /** Sends no more and waits for the answers that are still to come. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#load.stop().catch(() => {});
  }

  #begin(): Load {
    const load = Load.start(this.#options);
    load.done.then(
      () => this.#again(load),
      error => this.#stopped || this.#onError(error),
    );
    return load;
  }

  #again(load: Load): void {
    if (this.#stopped) return;
    this.#failedBefore += load.record.failed().length;
    this.#load = this.#begin();
  }
}
