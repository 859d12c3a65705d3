/**
 * The share of requests that goes to the canary, in whole percent from 0 to 100. Emissary takes nothing finer, and a
 * weight outside of that range leaves its whole group without traffic (facts/emissary.md 4 and 7).
 */
export class Weight {
  static readonly zero = new Weight(0);
  static readonly all = new Weight(100);

  private constructor(readonly percent: number) {}

  static of(percent: number): Weight {
    if (!Number.isInteger(percent) || percent < 0 || percent > 100) {
      throw new RangeError(`A weight must be a whole number from 0 to 100, not ${percent}`);
    }
    return new Weight(percent);
  }

  /** This share of `replicas`, rounded up to whole pods and never none: a weight without a pod would be 503s. */
  shareOf(replicas: number): number {
    return Math.max(1, Math.ceil((replicas * this.percent) / 100));
  }

  toString(): string {
    return `${this.percent} %`;
  }
}
