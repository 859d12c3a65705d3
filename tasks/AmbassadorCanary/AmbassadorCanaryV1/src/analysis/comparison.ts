import { type Counts, Dispersion, type DispersionState } from './dispersion.ts';
import { logMixture, oddsRatios } from './evidence.ts';

/** What both versions answered between two scrapes. Windows never overlap. */
export interface Window {
  readonly canary: Counts;
  readonly stable: Counts;
}

export interface ComparisonOptions {
  /** How many times the odds of stable are no reason yet: 1 for none. */
  readonly tolerance: number;
  /** Without how many of its strongest windows the evidence has to stand, so that a moment condemns no canary. */
  readonly forgiven: number;
  /** How often, at most, a canary that is no worse is called worse over the whole release, at however many looks. */
  readonly falseAlarms: number;
}

/** What remains of the evidence without its strongest windows must still speak that many times for a worse canary. */
const leastWithoutStrongest = 5;

/** All that a comparison has learnt, small enough for the record of a release. */
export interface ComparisonState {
  readonly logs: readonly number[];
  /** The evidence of each of its strongest windows. */
  readonly strongest: readonly (readonly number[])[];
  readonly canary: Counts;
  readonly stable: Counts;
  readonly dispersion: DispersionState;
}

interface WindowEvidence {
  readonly logs: readonly number[];
  readonly evidence: number;
}

/**
 * Compares one kind of bad requests (failed ones, slow ones) of the canary with stable's, window by window since the first weight, and
 * may be asked after every window.
 *
 * In each window it takes the number T of bad requests of both versions as given. If the canary is no worse, the k of them that are
 * the canary's are at most a binomial draw with probability q, its share of all requests. For odds r times stable's the window
 * multiplies the evidence by r^k / (q·r + 1 − q)^T. The real draw is one without replacement, and r^k is convex, so the mean of
 * that factor is at most 1 (Hoeffding, "Probability inequalities for sums of bounded random variables", 1963, theorem 4). The product
 * is therefore a non-negative supermartingale (Wald's sequential ratio, 1945), and so is its mean over many r (`evidence.ts`): it
 * ever exceeds 1/α with a probability of at most α (Ville, "Étude critique de la notion de collectif", 1939). Weights may change
 * between windows, and an outage behind both versions cancels out.
 *
 * Bursts break the independence in this. So the evidence is that of bursts (`dispersion.ts`), and no window condemns a canary alone: it
 * has to stand without its strongest ones (facts/judging.md, B).
 */
export class Comparison {
  #dispersion = new Dispersion();
  readonly #options: ComparisonOptions;
  readonly #odds: readonly { readonly ratio: number; readonly log: number }[];
  #logs: readonly number[] = oddsRatios.map(() => 0);
  #strongest: readonly WindowEvidence[] = [];
  #before: { canary?: Counts; stable?: Counts } = {};
  #canary: Counts = { total: 0, bad: 0 };
  #stable: Counts = { total: 0, bad: 0 };
  /** Asked for several times between two windows. */
  #logEvidence: number | undefined;

  constructor(options: ComparisonOptions) {
    this.#options = options;
    this.#odds = oddsRatios.map(ratio => ({ ratio, log: Math.log(ratio) }));
  }

  /** Takes in a window. One without the canary, from before its first weight, tells how stable's bad requests come. */
  see(window: Window): void {
    this.#logEvidence = undefined;
    this.#learn('canary', window.canary);
    this.#learn('stable', window.stable);
    if (window.canary.total === 0) return;
    this.#canary = plus(this.#canary, window.canary);
    this.#stable = plus(this.#stable, window.stable);
    if (window.canary.bad + window.stable.bad === 0) return;
    const logs = this.#logsOf(window);
    this.#logs = this.#logs.map((log, i) => log + (logs[i] ?? 0));
    const evidence = logMixture(logs, 1);
    if (evidence <= 0) return;
    this.#strongest = [...this.#strongest, { logs, evidence }]
      .sort((one, other) => other.evidence - one.evidence)
      .slice(0, this.#options.forgiven);
  }

  /** What another process goes on with. What is not seen in between is no evidence, neither for the canary nor against it. */
  get state(): ComparisonState {
    return {
      logs: this.#logs,
      strongest: this.#strongest.map(({ logs }) => logs),
      canary: this.#canary,
      stable: this.#stable,
      dispersion: this.#dispersion.state,
    };
  }

  /** Goes on with what another process had learnt, in place of what was learnt here. */
  restore({ logs, strongest, canary, stable, dispersion }: ComparisonState): void {
    this.#logEvidence = undefined;
    this.#logs = logs;
    this.#strongest = strongest.map(one => ({ logs: one, evidence: logMixture(one, 1) }));
    this.#canary = canary;
    this.#stable = stable;
    this.#dispersion = new Dispersion(dispersion);
    this.#before = {};
  }

  /** What the canary, and stable beside it, answered since the first weight. */
  get sofar(): Window {
    return { canary: this.#canary, stable: this.#stable };
  }

  /** How many bad requests come at a time. */
  get dispersion(): number {
    return this.#dispersion.value;
  }

  /** Whether the canary is worse, with at most the false alarms that are allowed. */
  get isWorse(): boolean {
    return this.#evidence() > -Math.log(this.#options.falseAlarms);
  }

  /** How sure that is, from 0 to 1: one minus the always-valid p-value. */
  get sureness(): number {
    return Math.max(0, 1 - Math.exp(-this.#evidence()));
  }

  /** The logarithm of the evidence, or of what stands without the strongest windows where that is less. */
  #evidence(): number {
    this.#logEvidence ??= Math.min(logMixture(this.#logs, this.dispersion), this.#withoutStrongest());
    return this.#logEvidence;
  }

  /** On the scale of the evidence: as much as condemns where what is left is as much as it takes. */
  #withoutStrongest(): number {
    const left = this.#logs.map((log, i) =>
      this.#strongest.reduce((rest, { logs }) => rest - (logs[i] ?? 0), log),
    );
    const enough = Math.log(leastWithoutStrongest) + Math.log(this.#options.falseAlarms);
    return logMixture(left, this.dispersion) - enough;
  }

  #learn(version: 'canary' | 'stable', counts: Counts): void {
    if (counts.total === 0) return;
    const before = this.#before[version];
    if (before !== undefined) this.#dispersion.addPair(before, counts);
    this.#before[version] = counts;
  }

  #logsOf({ canary, stable }: Window): readonly number[] {
    const { tolerance } = this.#options;
    const share = canary.total / (canary.total + stable.total);
    const bad = canary.bad + stable.bad;
    const tolerated = 1 + share * (tolerance - 1);
    return this.#odds.map(({ ratio, log }) => {
      const weighed = 1 + share * (ratio * tolerance - 1);
      return canary.bad * log - bad * Math.log(weighed / tolerated);
    });
  }
}

function plus(one: Counts, other: Counts): Counts {
  return { total: one.total + other.total, bad: one.bad + other.bad };
}
