/** How many requests there were, and how many of them were bad. */
export interface Counts {
  readonly total: number;
  readonly bad: number;
}

export interface DispersionState {
  readonly squares: number;
  readonly expected: number;
}

/** What is assumed before anything is known, with the weight of four bad requests. */
const prior = { value: 1.5, weight: 1 };

/**
 * Learns whether bad requests come one by one (1) or in bursts, and of about what size: their index of dispersion.
 *
 * It holds each window against the one before of the same version. Of the bad requests of both, the share that fell into one of
 * them would be a binomial draw if they came one by one; bursts of b make the variance of that draw b times as large. Only
 * neighbours are compared, so neither a canary that is worse than stable nor a rate that drifts looks like a burst.
 */
export class Dispersion {
  #squares: number;
  #expected: number;

  /** Goes on with what was learnt elsewhere, if so. */
  constructor(learnt: DispersionState = { squares: prior.value * prior.weight, expected: prior.weight }) {
    this.#squares = learnt.squares;
    this.#expected = learnt.expected;
  }

  get state(): DispersionState {
    return { squares: this.#squares, expected: this.#expected };
  }

  addPair(before: Counts, now: Counts): void {
    const bad = before.bad + now.bad;
    if (bad === 0 || before.total === 0 || now.total === 0) return;
    const part = now.total / (before.total + now.total);
    this.#squares += (now.bad - bad * part) ** 2;
    this.#expected += bad * part * (1 - part);
  }

  /** At least 1: nothing is surer than independent draws. */
  get value(): number {
    return Math.max(1, this.#squares / this.#expected);
  }
}
