/** How long a kubelet waits before it tries again. The real one: 10 s doubling to 300 s. */
export interface BackOffPolicy {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Short enough for tests, long enough to be seen. */
export const rigBackOff: BackOffPolicy = { firstMs: 1_000, longestMs: 10_000 };

/** The waits between the restarts of one container, or between the tries to pull one image. */
export class BackOff {
  readonly #policy: BackOffPolicy;
  #next: number;

  constructor(policy: BackOffPolicy) {
    this.#policy = policy;
    this.#next = 0;
  }

  /**
   * The wait in milliseconds before the container is started again after it `ranMs`. The first restart is immediate;
   * then the wait doubles. A container that ran for twice the longest wait begins anew, as with the real kubelet.
   */
  afterExit(ranMs: number): number {
    if (ranMs >= 2 * this.#policy.longestMs) this.#next = 0;
    return this.#take(0);
  }

  /** The wait in milliseconds after a pull that failed. */
  afterFailedPull(): number {
    return this.#take(this.#policy.firstMs);
  }

  #take(atLeast: number): number {
    const wait = Math.max(this.#next, atLeast);
    this.#next = wait === 0 ? this.#policy.firstMs : Math.min(wait * 2, this.#policy.longestMs);
    return wait;
  }
}
