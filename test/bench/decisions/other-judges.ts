import type { Scenario } from './scenarios.ts';
import type { Counters, SimulatedTraffic } from './simulated-traffic.ts';

/** What a judge without a comparison sees at a tick. All of them want 99 % successes. */
interface Tick {
  /** Over the last 60 s, by the scrapes. */
  readonly lastMinute: Counters;
  /** Since the weight took effect. */
  readonly step: Counters;
  /** Whether the canary has ever answered a request, as far as was scraped. */
  readonly isKnown: boolean;
}

/** Told each tick, says when to take the canary back. */
type Rule = (tick: Tick) => boolean;

const scrapesAMinute = 4;
const isTooBad = ({ requests, failed }: Counters) => failed > 0.01 * requests;

/**
 * Flagger's rule (facts/flagger-argo.md 1.2 and 1.4): a tick a minute; five bad ones in all, in a row or not, and the canary goes. No
 * data is bad. It acts on the fifth at once here, as in facts/judging.md; the real one does an interval later.
 */
function flagger(): Rule {
  let failedChecks = 0;
  return ({ lastMinute }) => {
    if (lastMinute.requests === 0 || isTooBad(lastMinute)) failedChecks++;
    return failedChecks >= 5;
  };
}

/**
 * Argo Rollouts' default (facts/flagger-argo.md 2.2): the first bad measurement ends it, and 0/0 is one. A query without any
 * series is an error, of which it takes five in a row.
 */
function argo(): Rule {
  let errors = 0;
  return ({ lastMinute, isKnown }) => {
    errors = isKnown ? 0 : errors + 1;
    if (!isKnown) return errors >= 5;
    return lastMinute.requests === 0 || isTooBad(lastMinute);
  };
}

/** A plain threshold on all since the weight took effect, from 50 requests on. */
function threshold(): Rule {
  return ({ step }) => step.requests >= 50 && isTooBad(step);
}

export const otherJudges = {
  flagger: { rule: flagger, tickSeconds: 60 },
  argo: { rule: argo, tickSeconds: 60 },
  threshold: { rule: threshold, tickSeconds: 30 },
} as const;

/** Whether that judge takes the canary of a scenario back. */
export function otherJudge(
  name: keyof typeof otherJudges,
  { weights, pauseSeconds }: Scenario,
  traffic: SimulatedTraffic,
): boolean {
  const { rule, tickSeconds } = otherJudges[name];
  const isOver = rule();
  for (const weight of weights) {
    traffic.weight = weight;
    const before = traffic.scrapes.at(-1);
    for (let elapsed = tickSeconds; elapsed <= pauseSeconds; elapsed += tickSeconds) {
      traffic.advance(tickSeconds);
      const { scrapes } = traffic;
      const newest = scrapes.at(-1)?.canary;
      if (newest === undefined) continue;
      const tick = {
        lastMinute: gained(scrapes.at(-1 - scrapesAMinute)?.canary, newest),
        step: gained(before?.canary, newest),
        isKnown: newest.requests > 0,
      };
      if (isOver(tick)) return true;
    }
  }
  return false;
}

function gained(from: Counters | undefined, to: Counters): Counters {
  return {
    requests: to.requests - (from?.requests ?? 0),
    failed: to.failed - (from?.failed ?? 0),
    slow: to.slow - (from?.slow ?? 0),
  };
}
