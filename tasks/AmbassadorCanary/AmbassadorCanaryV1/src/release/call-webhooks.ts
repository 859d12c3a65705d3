import type { Alarm } from './alarm.ts';
import { Duration } from './duration.ts';
import type { Ending } from './outcome.ts';
import type { Ports } from './ports.ts';
import type { ReleaseContext } from './release-context.ts';
import { describe } from './tally.ts';
import type { Measurement } from './verdict.ts';
import type { StepResult } from './watch-step.ts';
import { Weight } from './weight.ts';
import { within } from './within.ts';

/** The agent gives a cancelled step 7.5 s in all (facts/azure.md 5). */
const hurriedCall = Duration.seconds(1);

/** The acceptance tests, while the canary is ready and has no traffic yet: what they refuse gets none. */
export async function passAcceptance(context: ReleaseContext, alarm: Alarm): Promise<StepResult> {
  const { webhooks, clock } = context.ports;
  const names = webhooks?.of('before').map(({ name }) => name) ?? [];
  if (webhooks === undefined || names.length === 0) return { kind: 'passed' };
  const began = clock.now();
  context.tell({ type: 'waiting', what: `for the acceptance of ${names.join(', ')}, without traffic` });
  const signal = AbortSignal.any([context.signal, alarm.signal]);
  const asking = context.while(webhooks.ask('before', { weight: 0 }, signal));
  const answers = await alarm.unlessRaised(asking);
  const elapsed = Duration.milliseconds(clock.now() - began);
  for (const measurement of answers)
    context.tell({ type: 'measured', weight: Weight.zero, elapsed, measurement });
  const failed = answers.find(({ verdict }) => verdict === 'fail');
  if (failed !== undefined) return { kind: 'failed', reason: describe(failed), measurement: failed };
  const unasked = answers.find(({ verdict }) => verdict !== 'pass');
  if (unasked === undefined) return { kind: 'passed' };
  const story = `could not be asked: ${describe(unasked)}`;
  return context.plan.spec.onInconclusive === 'continue'
    ? { kind: 'passed', unverified: `${Weight.zero}: ${story}` }
    : { kind: 'failed', reason: story, measurement: unasked };
}

/**
 * Has load tests started for a weight. Nobody waits for their answers, for the canary has to be watched meanwhile; the returned
 * function ends the calls with the step.
 */
export function startLoad(context: ReleaseContext, weight: Weight): () => void {
  const { webhooks } = context.ports;
  if (webhooks === undefined || webhooks.of('load').length === 0) return () => {};
  const step = new AbortController();
  const signal = AbortSignal.any([step.signal, context.signal]);
  void webhooks.ask('load', { weight: weight.percent }, signal).then(answers => {
    if (signal.aborted) return;
    for (const answer of answers) {
      const isGood = answer.verdict === 'pass';
      const text = `Load at ${weight}: ${describe(answer)}`;
      context.tell({ type: isGood ? 'notice' : 'warning', text });
    }
  });
  return () => step.abort();
}

/** Tells how the release ended; who can't be told is named in a warning. A cancelled step has no time to try for long. */
export async function tellAfter(
  { webhooks, clock, pipeline }: Pick<Ports, 'webhooks' | 'clock' | 'pipeline'>,
  { outcome, reason, weight }: Ending,
): Promise<void> {
  const hooks = webhooks?.of('after') ?? [];
  if (webhooks === undefined || hooks.length === 0) return;
  const giveUp = new AbortController();
  const told = webhooks.ask('after', { weight, outcome, reason }, giveUp.signal);
  const answers: readonly Measurement[] | undefined = pipeline.cancelled.aborted
    ? await within(clock, hurriedCall, told)
    : await told;
  giveUp.abort();
  if (answers === undefined) {
    const names = hooks.map(({ name }) => name).join(', ');
    pipeline.tell({
      type: 'warning',
      text: `No answer in time from ${names}: it may not know how the release ended`,
    });
  }
  for (const answer of answers ?? []) {
    if (answer.verdict === 'pass') continue;
    pipeline.tell({
      type: 'warning',
      text: `It could not be told how the release ended: ${describe(answer)}`,
    });
  }
}
