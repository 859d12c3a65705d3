import { Alarm, AlarmRaised } from './alarm.ts';
import { applyPlain } from './apply-plain.ts';
import { passAcceptance, tellAfter } from './call-webhooks.ts';
import { firstWeight } from './canary-objects.ts';
import { toCanaryErrors } from './errors.ts';
import { giveLockBack } from './give-lock-back.ts';
import { goOn } from './go-on.ts';
import { holdCanary } from './hold-canary.ts';
import { lowerWeight } from './lower-weight.ts';
import type { Ending } from './outcome.ts';
import { parkCanary } from './park-canary.ts';
import type { Plan, UnchangedPlan, WritingPlan } from './plan.ts';
import type { Ports } from './ports.ts';
import { PromotionUndone, replaceStable, retireCanary, StableNotRestored } from './promote.ts';
import type { ReleaseRecord } from './record.ts';
import { ReleaseContext } from './release-context.ts';
import { openRoutes, startCanary } from './start-canary.ts';
import { takeBack } from './take-back.ts';
import { takeStep, unverifiedAt } from './take-step.ts';
import { describe } from './tally.ts';
import { failureAt } from './watch-step.ts';
import { Weight } from './weight.ts';

/**
 * Drives a plan to its end over the ports, with the lock held and `record` in it. Never rejects: whatever happens, the
 * release comes to an ending, and an ending that failed has taken traffic off the canary first. With `goOnAt` the canary is there, as
 * planned, and the release goes on at that step of its plan, counted from 0.
 */
export async function runRelease(
  plan: WritingPlan,
  ports: Ports,
  record: ReleaseRecord,
  goOnAt?: number,
): Promise<Ending> {
  const ending = await drive(plan, ports, record, goOnAt);
  await tellAfter(ports, ending);
  ports.pipeline.tell({ type: 'ended', ending });
  return ending;
}

/** The end of a release that has nothing to do. */
export function endUnchanged(plan: UnchangedPlan): Ending {
  const reason = `${plan.name} already runs what the manifests say`;
  return { outcome: 'unchanged', reason, weight: 0, leftovers: [] };
}

/** The end of a release whose run died while it promoted, and whose promotion another one has finished. */
export function endFinished({ name }: UnchangedPlan, { run }: ReleaseRecord): Ending {
  const reason = `${name} had passed in a run that died while it promoted (${run.title}): this one has finished that`;
  return { outcome: 'promoted', reason, weight: 0, leftovers: [] };
}

/** The end of a release whose run died while it promoted what then did not get ready. */
export function endUndone({ name }: Pick<Plan, 'name'>, why: string): Ending {
  const reason = `At promotion, in which an earlier run had died: ${why}; ${name} has its old version again`;
  return { outcome: 'rolled-back', reason, weight: 0, leftovers: [] };
}

async function drive(
  plan: WritingPlan,
  ports: Ports,
  record: ReleaseRecord,
  goOnAt?: number,
): Promise<Ending> {
  switch (plan.kind) {
    case 'first-release':
    case 'apply-only':
      return endPlain(await applyPlain(plan, ports), ports);
    case 'canary':
      return runCanary(new ReleaseContext(plan, ports, record), goOnAt);
  }
}

async function runCanary(context: ReleaseContext, goOnAt?: number): Promise<Ending> {
  const { plan, ports } = context;
  const { steps } = plan.spec;
  ports.pipeline.arm(context.record);
  let alarm: Alarm | undefined;
  try {
    let current = goOnAt === undefined ? firstWeight(plan.spec) : Weight.of(context.record.weight);
    if (goOnAt === undefined) {
      context.tell({ type: 'phase', phase: 'starting' });
      await startCanary(context);
      alarm = new Alarm(context);
      await alarm.unlessRaised(openRoutes(context));
      context.tell({ type: 'phase', phase: 'stepping' });
      // Until the first weight, which is noted before it is set, a release that has died begins anew in either phase.
      context.noteLater({ phase: 'stepping' });
      const accepted = await passAcceptance(context, alarm);
      if (accepted.kind === 'failed') return await giveUp(context, failureAt(Weight.zero, accepted));
      if (accepted.unverified !== undefined) context.noteLater(unverifiedAt(context, accepted.unverified));
    } else {
      await goOn(context, goOnAt);
      alarm = new Alarm(context);
      const next = steps[goOnAt]?.weight ?? current;
      if (next.percent < current.percent) await lowerWeight(context, next);
    }
    for (const [index, step] of [...steps.entries()].slice(goOnAt)) {
      const result = await takeStep(context, { step, index, current, alarm });
      if (result.kind === 'failed') {
        alarm.stop();
        return await giveUp(context, failureAt(step.weight, result));
      }
      current = step.weight;
    }
    await alarm.unlessRaised(Promise.resolve());
    alarm.stop();
    if (plan.spec.action === 'deploy') return await parkCanary(context);
    await replaceStable(context);
  } catch (thrown) {
    alarm?.stop();
    return await endEarly(context, thrown);
  }
  return finish(context, context.record.unverified ?? []);
}

/** The new version is stable. From here on the release is promoted, and what goes wrong is only left over. */
async function finish(context: ReleaseContext, unverified: readonly string[]): Promise<Ending> {
  const { ports, plan } = context;
  const passed = plan.spec.steps.map(step => step.weight);
  // Where another run has tested it, that run has told how.
  const reason = `${plan.name} passed ${passed.length > 0 ? passed.join(', ') : `${context.record.weight} %`}`;
  try {
    const leftovers = await retireCanary(context);
    const rest = leftovers.length > 0 ? leftovers : await letGo(ports);
    return { outcome: 'promoted', reason, weight: 0, leftovers: [...unverified, ...rest] };
  } catch (thrown) {
    const why = toCanaryErrors(thrown).map(error => `The canary is still there: ${error.sentence}`);
    const outcome = ports.pipeline.cancelled.aborted ? 'cancelled' : 'promoted';
    return { outcome, reason, weight: context.record.weight, leftovers: [...unverified, ...why] };
  }
}

async function endEarly(context: ReleaseContext, thrown: unknown): Promise<Ending> {
  const { ports, record } = context;
  if (thrown instanceof PromotionUndone) {
    return giveUp(context, { outcome: 'rolled-back', reason: `At promotion: ${thrown.message}` });
  }
  if (thrown instanceof AlarmRaised) {
    const { measurement } = thrown;
    const failure = { kind: 'failed', reason: describe(measurement), measurement } as const;
    return giveUp(context, failureAt(Weight.of(record.weight), failure));
  }
  if (thrown instanceof StableNotRestored) return keepCanary(context, `At promotion: ${thrown.message}`);
  const errors = toCanaryErrors(thrown);
  const cancelled = ports.pipeline.cancelled.aborted;
  const reason = errors.map(error => (cancelled ? error.sentence : error.coded)).join('; ');
  if (ports.lock.lost.aborted) return { outcome: 'failed', reason, weight: record.weight, leftovers: [] };
  if (cancelled && record.phase === 'promoting') {
    return keepCanary(context, 'Cancelled during promotion');
  }
  if (!cancelled) context.tell({ type: 'failed', errors });
  const short = errors.map(error => error.message).join('; ');
  return giveUp(context, { outcome: cancelled ? 'cancelled' : 'rolled-back', reason }, short);
}

/**
 * Users must not be thrown onto a half-replaced stable: the canary, which passed, carries its share until that is ready.
 * The record stays, and the guard is armed: they end it.
 */
function keepCanary({ ports, record: { weight } }: ReleaseContext, reason: string): Ending {
  const outcome = ports.pipeline.cancelled.aborted ? 'cancelled' : 'failed';
  const leftovers = [`The canary keeps ${weight} % until stable is ready`];
  return { outcome, reason, weight, leftovers };
}

async function giveUp(
  context: ReleaseContext,
  how: Pick<Ending, 'outcome' | 'reason' | 'failedStep' | 'failedCheck'>,
  reason = how.reason,
): Promise<Ending> {
  const { ports, record, plan } = context;
  // Also the stop would hit the canary of whoever has taken over.
  if (ports.lock.lost.aborted) return takenOver(how, record.weight, []);
  const underWay = context.underWay();
  if (plan.spec.onFailure === 'hold' && how.outcome === 'rolled-back') {
    const held = await holdCanary(record, ports, how, underWay);
    if (held !== undefined) return held;
  }
  const { weight, leftovers } = await takeBack(record, ports, {
    reason,
    drain: plan.spec.drain,
    hurry: ports.pipeline.cancelled.aborted,
    ...(underWay !== undefined && { underWay }),
  });
  if (ports.lock.lost.aborted) return takenOver(how, weight, leftovers);
  if (weight > 0) return { ...stillLive(how, weight), weight, leftovers };
  if (leftovers.length > 0) return { ...how, weight, leftovers };
  return { ...how, weight, leftovers: await letGo(ports) };
}

/** What becomes of the canary is the other run's story. */
function takenOver(
  how: Pick<Ending, 'outcome' | 'reason' | 'failedStep' | 'failedCheck'>,
  weight: number,
  leftovers: readonly string[],
): Ending {
  const outcome = how.outcome === 'cancelled' ? 'cancelled' : 'failed';
  return {
    ...how,
    outcome,
    reason: `Another run has taken over this release; ${how.reason}`,
    weight,
    leftovers,
  };
}

/** Nothing was rolled back while users are still on the canary, and that is what whoever is paged must read first. */
function stillLive<T extends Pick<Ending, 'outcome' | 'reason'>>(how: T, weight: number): T {
  const outcome = how.outcome === 'cancelled' ? 'cancelled' : 'failed';
  const story = `The canary still gets ${weight} % of the requests, which could not be taken off it`;
  return { ...how, outcome, reason: `${story}: ${how.reason}` };
}

/** Resolves to what could not be given back. */
async function letGo(ports: Ports): Promise<readonly string[]> {
  try {
    await giveLockBack(ports);
    return [];
  } catch (thrown) {
    return toCanaryErrors(thrown).map(error => `The lock could not be released: ${error.sentence}`);
  }
}

async function endPlain(ending: Ending, ports: Ports): Promise<Ending> {
  if (ending.leftovers.length > 0 || ports.lock.lost.aborted) return ending;
  return { ...ending, leftovers: await letGo(ports) };
}
