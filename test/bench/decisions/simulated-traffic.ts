import { seededRandom } from '../../../sandbox/random.ts';
import { binomial, poisson, type Random } from './draws.ts';
import type { Scenario } from './scenarios.ts';

/** What Envoy's counters of one version hold. */
export interface Counters {
  readonly requests: number;
  readonly failed: number;
  readonly slow: number;
}

/** What a scrape stores. */
export interface Scrape {
  readonly canary: Counters;
  readonly stable: Counters;
}

export const scrapeSeconds = 15;

/** Users of a scenario, Envoy's counters of what they got, and the scrapes of these. The same seed gives the same users. */
export class SimulatedTraffic {
  /** In seconds since the first weight. */
  now: number;
  weight = 0;
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #canary: Version;
  readonly #stable: Version;
  readonly #scrapes: Scrape[] = [];
  #nextScrape: number;

  /** Starts `pastSeconds` before the first weight. */
  constructor(scenario: Scenario, seed: number, pastSeconds: number) {
    this.now = -pastSeconds;
    this.#scenario = scenario;
    this.#random = seededRandom(seed);
    this.#canary = new Version(scenario, 'canary', this.#random);
    this.#stable = new Version(scenario, 'stable', this.#random);
    this.#nextScrape = this.now + scrapeSeconds * this.#random();
    this.advance(pastSeconds);
  }

  advance(seconds: number): void {
    const until = this.now + seconds;
    while (this.#nextScrape <= until) {
      this.#send(this.#nextScrape - this.now);
      this.#scrapes.push({ canary: this.#canary.counters, stable: this.#stable.counters });
      this.#nextScrape += scrapeSeconds;
    }
    this.#send(until - this.now);
  }

  /** All of them, the oldest first. */
  get scrapes(): readonly Scrape[] {
    return this.#scrapes;
  }

  /** What the canary's users have suffered so far, scraped or not. */
  get harm(): number {
    const { failed, slow } = this.#canary.counters;
    return this.#scenario.harm === 'slow' ? slow : failed;
  }

  #send(seconds: number): void {
    const requests = this.#scenario.requestsPerSecond * seconds;
    this.#canary.send(requests * (this.weight / 100), this.now);
    this.#stable.send(requests * (1 - this.weight / 100), this.now);
    this.now += seconds;
  }
}

class Version {
  counters: Counters = { requests: 0, failed: 0, slow: 0 };
  readonly #errors: BadRequests;
  readonly #slow: BadRequests;
  readonly #random: Random;

  constructor(scenario: Scenario, which: 'canary' | 'stable', random: Random) {
    this.#errors = new BadRequests(scenario.errors[which], scenario.errorBurst, random);
    this.#slow = new BadRequests(scenario.slow[which], scenario.slowBurst, random);
    this.#random = random;
  }

  send(mean: number, now: number): void {
    const requests = poisson(mean, this.#random);
    if (requests === 0) return;
    this.counters = {
      requests: this.counters.requests + requests,
      failed: this.counters.failed + this.#errors.among(requests, now),
      slow: this.counters.slow + this.#slow.among(requests, now),
    };
  }
}

/** Bad requests one by one, or in bursts; a burst that has begun goes on with the next requests, however late they come. */
class BadRequests {
  #due = 0;

  constructor(
    private readonly shareAt: (seconds: number) => number,
    private readonly burst: number,
    private readonly random: Random,
  ) {}

  among(requests: number, now: number): number {
    const share = this.shareAt(now);
    if (this.burst === 1) return binomial(requests, share, this.random);
    this.#due += this.burst * poisson((requests * share) / this.burst, this.random);
    const bad = Math.min(requests, this.#due);
    this.#due -= bad;
    return bad;
  }
}
