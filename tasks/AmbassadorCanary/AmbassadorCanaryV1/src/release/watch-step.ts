import type { Alarm } from './alarm.ts';
import { Duration } from './duration.ts';
import { Gates } from './gates.ts';
import type { Ending } from './outcome.ts';
import type { ReleaseContext } from './release-context.ts';
import type { Step } from './spec.ts';
import { describe, type Standing, Tally } from './tally.ts';
import type { Measurement } from './verdict.ts';
import type { Weight } from './weight.ts';

/** How a step ended, and why. */
export type StepResult =
  | { readonly kind: 'passed'; readonly unverified?: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly measurement: Measurement };

/**
 * Stays at the weight for the step's pause and measures every interval. A failing check ends it with the same
 * measurement, and an alarm (pods that can't serve, a change by others) ends it at once; a step that is still unclear at the end of its pause goes by
 * `onInconclusive`; one that has passed waits for its gates.
 */
export async function watchStep(context: ReleaseContext, step: Step, alarm: Alarm): Promise<StepResult> {
  const { spec } = context.plan;
  const { clock, metrics } = context.ports;
  const tally = new Tally(spec);
  const began = clock.now();
  const limit = step.pause.times(spec.extendFactor);
  let until = step.pause;
  const awake = AbortSignal.any([context.signal, alarm.signal]);
  const gates = new Gates(context, step, awake);

  for (;;) {
    const left = until.milliseconds - (clock.now() - began);
    await clock.sleep(shorter(spec.interval, Duration.milliseconds(Math.max(0, left))), awake);
    context.throwIfOver();
    const round = await context.while(firstOf(alarm, () => metrics.measure()));
    const elapsed = Duration.milliseconds(clock.now() - began);
    for (const measurement of round) {
      context.tell({ type: 'measured', weight: step.weight, elapsed, measurement });
    }
    const standing = tally.add(round);
    if (standing.kind === 'failed') return failed(describe(standing.measurement), standing);
    if (standing.kind === 'unanswered') {
      const story = `could not be asked ${standing.times} times in a row: ${describe(standing.measurement)}`;
      if (spec.onInconclusive !== 'continue') return failed(story, standing);
    }
    if (elapsed.isShorterThan(until)) continue;
    const open = standing.kind === 'passing' ? undefined : standing;
    const unclear = open === undefined ? '' : describe(open.measurement);
    const hasWaited = spec.onInconclusive === 'extend' && !until.isShorterThan(limit);
    if (open === undefined || spec.onInconclusive === 'continue' || mayGoOn(open, hasWaited)) {
      const gate = await gates.ask(elapsed);
      if (gate.kind === 'over') return { ...gate, kind: 'failed' };
      if (gate.kind === 'open') {
        return { kind: 'passed', ...(open !== undefined && { unverified: `${step.weight}: ${unclear}` }) };
      }
    }
    if (open === undefined || gates.areAwaited) {
      // It is measured on while a gate is closed, and what is unclear then has the gate's time to become clear.
      until = elapsed.plus(spec.interval);
      continue;
    }
    if (spec.onInconclusive === 'rollback' || hasWaited) {
      return failed(`still not clear after ${elapsed.toClock()}: ${unclear}`, open);
    }
    until = limit;
    context.tell({ type: 'step-extended', weight: step.weight, until, reason: unclear });
  }
}

/** The end of a release that failed at a weight. */
export function failureAt(
  weight: Weight,
  { reason, measurement }: Extract<StepResult, { kind: 'failed' }>,
): Pick<Ending, 'outcome' | 'reason' | 'failedStep' | 'failedCheck'> {
  return {
    outcome: 'rolled-back',
    reason: `At ${weight}: ${reason}`,
    failedStep: weight.toString(),
    failedCheck: measurement.check,
  };
}

/** The alarm, which waits for nobody, or what the checks say. */
function firstOf(
  alarm: Alarm,
  measure: () => Promise<readonly Measurement[]>,
): Promise<readonly Measurement[]> {
  if (alarm.measurement !== undefined) return Promise.resolve([alarm.measurement]);
  return Promise.race([measure(), alarm.raised.then(measurement => [measurement])]);
}

function mayGoOn(standing: Standing, hasWaited: boolean): boolean {
  return standing.kind === 'doubtful' && (standing.goesOn === 'at-once' || hasWaited);
}

function failed(reason: string, standing: Exclude<Standing, { kind: 'passing' }>): StepResult {
  return { kind: 'failed', reason, measurement: standing.measurement };
}

function shorter(a: Duration, b: Duration): Duration {
  return a.isShorterThan(b) ? a : b;
}
