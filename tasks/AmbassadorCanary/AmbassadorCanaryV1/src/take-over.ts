import { NoMetrics } from './analysis/no-metrics.ts';
import type { PipelineLog } from './pipeline-log.ts';
import { clearLeftovers } from './release/clear-leftovers.ts';
import { decideTakeover, type Takeover } from './release/decide-takeover.ts';
import { CanaryError } from './release/errors.ts';
import { nameOf, refOf, valueAt } from './release/kube-object.ts';
import type { Plan } from './release/plan.ts';
import type { Clock, Cluster, Lock } from './release/ports.ts';
import type { Claim, ReleaseRecord } from './release/record.ts';
import { recoverConfiguration } from './release/recover-configuration.ts';
import type { ReleaseSpec } from './release/spec.ts';
import { differencesFromPlan } from './release/verify-canary.ts';
import { LeftoverRouter } from './traffic/leftover-router.ts';

/** What it takes to deal with what an earlier run left. */
export interface TakeoverTools {
  readonly spec: ReleaseSpec;
  readonly cluster: Cluster;
  readonly lock: Lock;
  readonly clock: Clock;
  readonly log: PipelineLog;
  /** Of this run. */
  readonly claim: Claim;
}

/** What an earlier run left behind, and what this one does about it. Both are absent where there was nothing. */
export interface TakenOver {
  readonly left?: ReleaseRecord;
  readonly takeover?: Takeover;
}

/**
 * Takes the lock, with what was left there under our name; the guard is armed from then on, until the lock is given back. Rejects with
 * `CANARY_KEPT`, all untouched, where what was left is kept on purpose.
 */
export async function takeLock(
  record: ReleaseRecord,
  { lock, log, spec, claim }: TakeoverTools,
): Promise<TakenOver> {
  const { digest = '', trial = '' } = claim;
  const own = { action: spec.action, digest, trial, steps: spec.steps };
  const decide = (found: ReleaseRecord) => decideTakeover(found, own);
  const left = await takeArmed(record, { lock, log }, found => {
    const takeover = decide(found);
    if (takeover.kind === 'refuse') throw takeover.error;
    return oursOf(found, claim);
  });
  return left === undefined ? {} : { left, takeover: decide(left) };
}

/** Takes the lock (see `Lock.take`) with the guard armed, which it stays until the lock is given back. */
export async function takeArmed(
  record: ReleaseRecord,
  { lock, log }: Pick<TakeoverTools, 'lock' | 'log'>,
  takeOver: (left: ReleaseRecord) => ReleaseRecord,
): Promise<ReleaseRecord | undefined> {
  // Before the Lease is there: a step that dies before it hears so leaves it to its guard.
  log.arm(record);
  try {
    return await lock.take(record, takeOver);
  } catch (thrown) {
    log.arm(undefined);
    throw thrown;
  }
}

/** Why a release can't be gone on with, one sentence each; empty where it can. */
export async function differencesTo(
  left: ReleaseRecord,
  plan: Plan,
  { cluster, log }: TakeoverTools,
): Promise<readonly string[]> {
  if (plan.kind !== 'canary') return ['nothing that has traffic changes any more'];
  const differences = await differencesFromPlan(plan, left, { cluster, pipeline: log });
  return left.state === 'parked' ? [...differences, ...(await otherWeights(left, cluster))] : differences;
}

/** Whoever took the traffic off a canary that nobody watched had a reason: it is not given back without being asked. */
async function otherWeights({ routes, weight }: ReleaseRecord, cluster: Cluster): Promise<readonly string[]> {
  const twins = await Promise.all(routes.map(({ twin }) => cluster.get(twin)));
  return twins.flatMap(twin => {
    if (twin === undefined) return [];
    const name = nameOf(refOf(twin));
    const found = valueAt(twin, 'spec', 'weight') ?? weight;
    if (found !== weight) return `${name} has weight ${String(found)} instead of ${weight}`;
    return valueAt(twin, 'spec', 'replicas') === 0 ? `${name} has no pods` : [];
  });
}

/** Leaves a canary parked that is not as `deploy` left it: what is there now was not tested, so nobody goes on with it. */
export async function leaveParked(
  left: ReleaseRecord,
  differences: readonly string[],
  { lock, log }: TakeoverTools,
): Promise<never> {
  await lock.leave(left);
  log.arm(undefined);
  throw new CanaryError('CANARY_KEPT', `The canary of ${left.release} is not as it was when it was tested`, {
    expected: 'what `action: deploy` left',
    found: differences.join('; '),
    hint: 'Take it back with `action: reject`, then deploy again',
  });
}

/** Why there is nothing to promote. */
export function nothingParked({ name, namespace }: Plan): CanaryError {
  return new CanaryError('NOTHING_PARKED', `No canary of ${name} waits in ${namespace} to be promoted`, {
    expected: 'one that `action: deploy` left, or a stable that runs the manifests already',
    found: 'neither',
    hint: 'Run `action: deploy` with these manifests and images first',
  });
}

/** Gives the lock back where this run can't go on: its guard, or the next run, takes back what is there. */
export async function leaveToGuard(left: ReleaseRecord, { lock, claim }: TakeoverTools): Promise<void> {
  await lock.leave(oursOf(left, claim));
}

/** Configuration that a run changed before it died, while no pod of stable was new, is as before: then the plan is the whole one again. */
export async function undoUnusedConfiguration(left: ReleaseRecord, tools: TakeoverTools): Promise<void> {
  try {
    await recoverConfiguration(left, { cluster: tools.cluster, pipeline: tools.log });
  } catch (thrown) {
    await leaveToGuard(left, tools);
    throw thrown;
  }
}

/** Why what an earlier run left is taken away, if that is known: `isPromoted` where stable is of its version. */
export interface Leaving {
  readonly why?: string;
  readonly isPromoted?: boolean;
}

/** Takes back what an earlier run left, which is this run's guard's to finish should it die as well. Resolves as `clearLeftovers` does. */
export async function takeBackLeftovers(
  left: ReleaseRecord,
  { why, isPromoted = false }: Leaving,
  { spec, cluster, lock, clock, log, claim }: TakeoverTools,
): Promise<string | undefined> {
  const router = new LeftoverRouter(cluster, left.routes);
  const ports = { cluster, router, metrics: new NoMetrics(), lock, clock, pipeline: log };
  // The record says what is there until it is gone: should this run die as well, its guard or the next run knows.
  const ours = oursOf(left, claim);
  await lock.write(ours);
  const { title } = left.run;
  const story = why === undefined ? title : `${title}; ${why}`;
  return clearLeftovers(ours, ports, {
    reason: isPromoted
      ? `this run finishes what an earlier one began (${title})`
      : `an earlier run left its canary behind (${story})`,
    isPromoted,
    drain: spec.drain,
    rolloutTimeout: spec.rolloutTimeout,
  });
}

function oursOf(left: ReleaseRecord, { run, locks }: Claim): ReleaseRecord {
  return { ...left, run, locks };
}
