import { type Check, isComparison } from '../release/spec.ts';
import type { Measurement } from '../release/verdict.ts';
import { answerComparison } from './comparison-check.ts';
import type { Counted } from './counters.ts';
import { limitBudget } from './error-budget.ts';
import { answerLimit, limitOf } from './limit-check.ts';
import { bucketsOf, totalOf } from './response-times.ts';
import { countErrors } from './scrape-windows.ts';
import type { Story } from './workload-story.ts';

/** What the counters gained since the weight took effect. */
export interface Gains {
  readonly canary: readonly Counted[];
  readonly stable: readonly Counted[];
}

/** What the checks of a workload are answered with, besides the counters of this weight. */
export interface Terms {
  /** All checks of the release. */
  readonly checks: readonly Check[];
  readonly minimumRequests: number;
  /** How many workloads share the false alarms. */
  readonly workloads: number;
  /** Which step this is, from 0. */
  readonly step: number;
  readonly story: Story;
}

/** Envoy's counters of answers by the class of their code, or of their times. */
export type Counter = 'requests' | 'times';

/** Which of them answer a check. */
export function counterOf(check: Check): Counter {
  switch (check.kind) {
    case 'success-rate':
    case 'errors-vs-stable':
      return 'requests';
    case 'latency':
    case 'slowness-vs-stable':
      return 'times';
  }
}

/** Answers a check of one workload from the gains of its counters. */
export function answerCheck(check: Check, gains: Gains, terms: Terms): Measurement {
  const { checks, minimumRequests, workloads, step, story } = terms;
  const counter = counterOf(check);
  const comparison = counter === 'requests' ? story.errors : story.slowness;
  if (isComparison(check)) {
    const requests =
      counter === 'requests' ? countErrors(gains.canary).total : Math.round(totalOf(bucketsOf(gains.canary)));
    const slowEdge = counter === 'requests' ? undefined : story.slowEdge;
    return answerComparison(check, { comparison, slowEdge, requests, minimumRequests });
  }
  const limits = checks.filter(one => !isComparison(one)).length;
  return answerLimit(check, gains, {
    comparison,
    minimumRequests,
    isCompared: checks.some(one => isComparison(one) && counterOf(one) === counter),
    falseAlarms: limitBudget(step, { workloads, limits }),
  });
}

/** The answer where nobody could be asked, with the reason. */
export function unanswered(check: Check, reason: string): Measurement {
  return {
    check: check.kind,
    ...(!isComparison(check) && { limit: limitOf(check) }),
    verdict: 'error',
    value: 'no answer',
    detail: reason,
    actsAtOnce: true,
  };
}
