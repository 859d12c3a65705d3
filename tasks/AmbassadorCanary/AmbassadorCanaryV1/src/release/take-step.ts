import { type Alarm, AlarmRaised } from './alarm.ts';
import { startLoad } from './call-webhooks.ts';
import { Duration } from './duration.ts';
import { sentencesOf } from './errors.ts';
import type { Ports } from './ports.ts';
import type { ReleaseRecord } from './record.ts';
import type { ReleaseContext } from './release-context.ts';
import { seeWeight } from './see-weight.ts';
import { isComparison, type Step } from './spec.ts';
import { scaleCanary, tellWeight } from './start-canary.ts';
import { describe } from './tally.ts';
import type { Measurement, Verdict } from './verdict.ts';
import { type StepResult, watchStep } from './watch-step.ts';
import type { Weight } from './weight.ts';

export interface StepAhead {
  readonly step: Step;
  readonly index: number;
  /** The weight before it. */
  readonly current: Weight;
  readonly alarm: Alarm;
}

/**
 * Takes one step: the pods for its weight, the weight, and the time there. Resolves to how it went; rejects with what kept it from
 * being taken to its end.
 */
export async function takeStep(
  context: ReleaseContext,
  { step, index, current, alarm }: StepAhead,
): Promise<StepResult> {
  const { plan, ports } = context;
  context.tell({ type: 'step-started', step, index, of: plan.spec.steps.length });
  const began = ports.clock.now();
  const end = (verdict: Verdict | 'cancelled', reason: string) =>
    context.tell({
      type: 'step-ended',
      index,
      step,
      lasted: Duration.milliseconds(ports.clock.now() - began),
      verdict,
      reason,
    });
  const fail = (measurement: Measurement): StepResult => {
    const elapsed = Duration.milliseconds(ports.clock.now() - began);
    context.tell({ type: 'measured', weight: step.weight, elapsed, measurement });
    const reason = describe(measurement);
    end('fail', reason);
    return { kind: 'failed', reason, measurement };
  };
  try {
    await alarm.unlessRaised(scaleCanary(context, step.weight, current));
    const reached = { index, weight: step.weight.percent };
    await context.note({
      weight: step.weight.percent,
      step: { ...reached, passed: false },
      ...learntBy(ports),
    });
    await context.while(ports.router.setWeight(step.weight));
    tellWeight(context, step.weight);
    if (step.weight.percent === 100 && plan.spec.checks.some(isComparison)) {
      const text =
        'At 100 % stable has no requests: the canary is not compared with it, only held to its limits';
      context.tell({ type: 'notice', text });
    }
    await context.while(ports.metrics.startWindow(step.weight));
    const { failed } = await seeWeight(context, step.weight, alarm);
    if (failed !== undefined) return fail(failed);
    const endLoad = startLoad(context, step.weight);
    const result = await watchStep(context, step, alarm).finally(endLoad);
    if (result.kind === 'passed') {
      end('pass', result.unverified ?? '');
      // With the next weight, the promotion or the parking, which follows: who dies before that has this step measured once more.
      context.noteLater({
        step: { ...reached, passed: true },
        ...learntBy(ports),
        ...unverifiedAt(context, result.unverified),
      });
    } else end(result.measurement.verdict, result.reason);
    return result;
  } catch (thrown) {
    if (thrown instanceof AlarmRaised) return fail(thrown.measurement);
    end(ports.pipeline.cancelled.aborted ? 'cancelled' : 'fail', sentencesOf(thrown));
    throw thrown;
  }
}

/** What the record says of where the release went on without being sure. */
export function unverifiedAt(
  { record: { unverified = [] } }: ReleaseContext,
  where: string | undefined,
): Pick<ReleaseRecord, 'unverified'> {
  return where === undefined ? {} : { unverified: [...unverified, `Went on unverified at ${where}`] };
}

function learntBy({ metrics }: Pick<Ports, 'metrics'>): Pick<ReleaseRecord, 'evidence'> {
  const evidence = metrics.evidence();
  return evidence === undefined ? {} : { evidence };
}
