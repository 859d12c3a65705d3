import {
  answerCheck,
  type Gains,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/checks.ts';
import type { Window } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/comparison.ts';
import {
  emptyComparisons,
  type Story,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/workload-story.ts';
import { parseInputs } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/parse-inputs.ts';
import { Alarm } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/alarm.ts';
import type { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type {
  Clock,
  Metrics,
  Pipeline,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { ReleaseContext } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/release-context.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { watchStep } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/watch-step.ts';
import { releaseInputs } from '../../unit/azure/default-inputs.ts';
import { canaryPlan, doubles } from '../../unit/release/doubles.ts';
import { claim } from '../../unit/release/run.ts';
import type { Scenario } from './scenarios.ts';
import { type Counters, type Scrape, type SimulatedTraffic, scrapeSeconds } from './simulated-traffic.ts';

const timesOfPast = 15 * 60;
const slowEdge = 250;

/** What the step does with its defaults in a scenario: whether it takes the canary back. */
export async function ourJudge(scenario: Scenario, traffic: SimulatedTraffic): Promise<boolean> {
  const spec = specOf(scenario);
  const plan = canaryPlan({ spec });
  const metrics = new SimulatedMetrics(spec, traffic, scenario.hasPast);
  const pipeline = new SilentPipeline();
  const ports = { ...doubles(), metrics, pipeline, clock: new TrafficClock(traffic) };
  const context = new ReleaseContext(plan, ports, recordFor(claim, plan));
  const alarm = new Alarm(context);
  try {
    for (const step of spec.steps) {
      traffic.weight = step.weight.percent;
      await metrics.startWindow();
      const result = await watchStep(context, step, alarm);
      if (result.kind === 'failed') return true;
    }
    return false;
  } finally {
    // Signals that somebody still listens to are kept in memory, and there will be thousands.
    alarm.stop();
    pipeline.end();
  }
}

const specs = new Map<Scenario, ReleaseSpec>();

/** All but the steps is what a user gets who sets nothing. */
function specOf(scenario: Scenario): ReleaseSpec {
  const known = specs.get(scenario);
  if (known !== undefined) return known;
  const weights = scenario.weights.join(', ');
  const { spec } = parseInputs(releaseInputs({ weights, pause: `${scenario.pauseSeconds}s` }));
  specs.set(scenario, spec);
  return spec;
}

/** Time passes by users sending their requests. */
class TrafficClock implements Clock {
  constructor(private readonly traffic: SimulatedTraffic) {}

  now(): number {
    return this.traffic.now * 1000;
  }

  async sleep(time: Duration): Promise<void> {
    this.traffic.advance(time.seconds);
  }
}

class SilentPipeline implements Pipeline {
  readonly #over = new AbortController();
  readonly cancelled = this.#over.signal;

  tell(): void {}

  arm(): void {}

  end(): void {
    this.#over.abort();
  }
}

/** Reads the scrapes as `EmissaryMetrics` reads those of Prometheus, without its way through series of text. */
class SimulatedMetrics implements Metrics {
  readonly #story: Story = { ...emptyComparisons(1), slowEdge };
  #step = -1;
  #read: number;
  /** What the limits count from. */
  #canaryFrom: Counters = none;
  #stableFrom: Counters | undefined;

  constructor(
    private readonly spec: ReleaseSpec,
    private readonly traffic: SimulatedTraffic,
    hasPast: boolean,
  ) {
    this.#read = hasPast ? 1 : this.traffic.scrapes.length;
    this.#readOn();
  }

  async startWindow(): Promise<void> {
    this.#readOn();
    this.#step++;
    this.#stableFrom = undefined;
  }

  evidence(): undefined {
    return undefined;
  }

  goOnWith(): boolean {
    return false;
  }

  async measure(): Promise<readonly Measurement[]> {
    this.#readOn();
    const newest = this.traffic.scrapes.at(-1);
    const gains =
      newest === undefined || this.#stableFrom === undefined
        ? { requests: nothing, times: nothing }
        : {
            requests: {
              canary: codes(this.#canaryFrom, newest.canary),
              stable: codes(this.#stableFrom, newest.stable),
            },
            times: {
              canary: times(this.#canaryFrom, newest.canary),
              stable: times(this.#stableFrom, newest.stable),
            },
          };
    const { checks, minimumRequests } = this.spec;
    const terms = { checks, minimumRequests, workloads: 1, step: this.#step, story: this.#story };
    return checks.map(check =>
      answerCheck(check, check.kind === 'slowness-vs-stable' ? gains.times : gains.requests, terms),
    );
  }

  async total(): Promise<undefined> {
    return undefined;
  }

  async isIdle(): Promise<undefined> {
    return undefined;
  }

  /** A new canary counts from 0; all else from its first scrape in the window (`analysis/counters.ts`). */
  #readOn(): void {
    const { scrapes, now } = this.traffic;
    for (; this.#read < scrapes.length; this.#read++) {
      const [before, after] = [scrapes[this.#read - 1], scrapes[this.#read]];
      if (after === undefined) continue;
      if (this.#step >= 0 && this.#stableFrom === undefined) {
        this.#stableFrom = after.stable;
        this.#canaryFrom = this.#step === 0 ? none : after.canary;
      }
      if (before === undefined) continue;
      this.#story.errors.see(windowOf(before, after, 'failed'));
      const age = (scrapes.length - this.#read) * scrapeSeconds;
      if (now > 0 || age <= timesOfPast) this.#story.slowness.see(windowOf(before, after, 'slow'));
    }
  }
}

const none: Counters = { requests: 0, failed: 0, slow: 0 };
const nothing: Gains = { canary: [], stable: [] };

function windowOf(before: Scrape, after: Scrape, bad: 'failed' | 'slow'): Window {
  const of = (version: 'canary' | 'stable') => ({
    total: after[version].requests - before[version].requests,
    bad: after[version][bad] - before[version][bad],
  });
  return { canary: of('canary'), stable: of('stable') };
}

function codes(from: Counters, to: Counters): Gains['canary'] {
  const failed = to.failed - from.failed;
  return [
    { labels: { envoy_response_code_class: '2' }, count: to.requests - from.requests - failed },
    { labels: { envoy_response_code_class: '5' }, count: failed },
  ];
}

function times(from: Counters, to: Counters): Gains['canary'] {
  const all = to.requests - from.requests;
  return [
    { labels: { le: String(slowEdge) }, count: all - (to.slow - from.slow) },
    { labels: { le: '+Inf' }, count: all },
  ];
}
