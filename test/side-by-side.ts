type Scenario = () => Promise<void>;

/**
 * Runs scenarios a few at a time, since most of a release is waiting: each is reported as a test of its own, in order, while
 * those behind it are already under way. The scenarios must not disturb each other.
 */
export class SideBySide {
  readonly #waiting: Scenario[] = [];
  readonly #started = new Map<Scenario, Promise<void>>();
  #running = 0;

  constructor(private readonly width: number) {}

  /** A test that is under way while up to `width - 1` others are. */
  it(title: string, scenario: Scenario): Mocha.Test {
    this.#waiting.push(scenario);
    return it(title, () => {
      const running = this.#started.get(scenario) ?? this.#startNow(scenario);
      this.#fill();
      return running;
    });
  }

  /** Resolves when nothing is under way any more, and nothing starts: for the `after` hook. */
  async settled(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.allSettled(this.#started.values());
  }

  /** Those before it were not asked for: they are not among the tests of this run. */
  #startNow(scenario: Scenario): Promise<void> {
    this.#waiting.splice(0, this.#waiting.indexOf(scenario) + 1);
    return this.#start(scenario);
  }

  #fill(): void {
    while (this.#running < this.width) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#start(next);
    }
  }

  #start(scenario: Scenario): Promise<void> {
    const outcome = scenario();
    this.#started.set(scenario, outcome);
    this.#running += 1;
    // A failure is told when its turn comes.
    const goOn = () => {
      this.#running -= 1;
      this.#fill();
    };
    outcome.then(goOn, goOn);
    return outcome;
  }
}
