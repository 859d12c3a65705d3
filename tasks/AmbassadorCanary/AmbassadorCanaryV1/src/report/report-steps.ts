import type { Measurement } from '../release/verdict.ts';
import { countedRequests, type Journal, type StepEntry } from './journal.ts';
import { cutDetail, iso, most } from './limits.ts';
import { isSplit, type ReportAnswer, type ReportStep } from './report.ts';

/** Those that were taken, and those that the plan still has. */
export function stepsOf({ plan, steps }: Journal): readonly ReportStep[] {
  const planned = plan?.kind === 'canary' ? plan.spec.steps : [];
  const taken = steps.map(entry => stepOf(entry));
  const ahead = planned.slice(taken.length).map(({ weight, pause }, index) => ({
    index: taken.length + index,
    weightAsked: weight.percent,
    plannedSeconds: pause.seconds,
    verdict: 'planned' as const,
    answers: [],
  }));
  return [...taken, ...ahead];
}

function stepOf(entry: StepEntry): ReportStep {
  const { index, step, startedAt, lasted, verdict, reason, latest } = entry;
  const counted = countedRequests(entry);
  const seen = shareSeen(entry);
  return {
    index,
    weightAsked: step.weight.percent,
    ...(seen !== undefined && { weightSeen: seen }),
    plannedSeconds: step.pause.seconds,
    startedAt: iso(startedAt),
    ...(lasted !== undefined && { lastedSeconds: lasted.seconds }),
    verdict,
    ...(reason !== undefined && { reason }),
    ...counted,
    answers: latest.slice(0, most.checks).map(answerOf),
  };
}

/** Of several workloads the share that is furthest from what was asked. */
function shareSeen({ step, latest }: StepEntry): number | undefined {
  const shares = latest.flatMap(({ check, reading }) =>
    isSplit(check) && reading !== undefined ? [reading.value] : [],
  );
  const distance = (share: number) => Math.abs(share - step.weight.percent);
  return shares.sort((one, other) => distance(other) - distance(one))[0];
}

function answerOf({ check, verdict, value, limit, detail, dryRun }: Measurement): ReportAnswer {
  return {
    check,
    verdict,
    text: value,
    ...(limit !== undefined && { limit }),
    ...(detail !== undefined && { detail: cutDetail(detail) }),
    ...(dryRun === true && { dryRun }),
  };
}
