import * as agent from 'azure-pipelines-task-lib/task.js';
import { NoMetrics } from './analysis/no-metrics.ts';
import { Commands } from './azure/commands.ts';
import { readTask } from './azure/read-task.ts';
import { runIdentity } from './azure/run-identity.ts';
import { cancelOnSignals } from './azure/signals.ts';
import { recordsIn } from './cluster/find-record.ts';
import { noticedWithin } from './cluster/held-leases.ts';
import { LeaseLock } from './cluster/lease-lock.ts';
import { connect } from './connect.ts';
import { findLeftReport } from './finish-left-report.ts';
import { guardVariable, PipelineLog } from './pipeline-log.ts';
import { clearLeftovers } from './release/clear-leftovers.ts';
import { toCanaryErrors } from './release/errors.ts';
import { giveLockBack } from './release/give-lock-back.ts';
import { asRecord } from './release/kube-object.ts';
import type { LeaseName, ReleaseRecord } from './release/record.ts';
import type { Aftermath } from './report/finish-report.ts';
import { SystemClock } from './system-clock.ts';
import { LeftoverRouter } from './traffic/leftover-router.ts';

/**
 * The post-job entry: a canary that this attempt of this job left, because its step was cancelled or killed, goes back to
 * weight 0 and is removed. Does nothing, and says nothing, where there is nothing to do.
 */
export async function guard(): Promise<void> {
  const commands = new Commands();
  const clock = new SystemClock();
  const pipeline = new PipelineLog(commands, clock, cancelOnSignals().signal);
  const report = await findLeftReport(commands);
  const finish = async (end: GuardEnd) => {
    const cancelled = agent.getVariable('Agent.JobStatus') === 'Canceled';
    await report?.finish({ ...end, now: clock.now(), cancelled, journal: pipeline.journal });
  };
  try {
    const leases = leasesOf(commands.taskVariable(guardVariable) ?? '');
    const end =
      leases[0] === undefined
        ? undefined
        : await takeBack([leases[0], ...leases.slice(1)], { commands, clock, pipeline });
    if (end !== undefined) await finish(end);
    else if (report?.isUnfinished)
      await finish({ reason: 'The step ended before its release did', weight: 0 });
  } catch (thrown) {
    const errors = toCanaryErrors(thrown);
    for (const error of errors) commands.error(error.coded);
    pipeline.note({ type: 'failed', errors });
    const story = 'The canary that the step left could not be taken back and may still have users';
    await finish({ reason: story });
    commands.complete('Failed', `${story}: the next run takes it back first`);
  }
}

/** How it ended for a report that the step left unfinished. */
type GuardEnd = Pick<Aftermath, 'reason' | 'weight'>;

interface GuardTools {
  readonly commands: Commands;
  readonly clock: SystemClock;
  readonly pipeline: PipelineLog;
}

/** Resolves to what was done, or to nothing where there was nothing to do. */
async function takeBack(
  leases: readonly [LeaseName, ...LeaseName[]],
  { commands, clock, pipeline }: GuardTools,
): Promise<GuardEnd | undefined> {
  const { connection, agentSide, spec } = readTask();
  // A plan from the manifests alone left nothing.
  if (connection === undefined) return undefined;
  const connected = await connect(connection, agentSide, commands, clock);
  const { api, cluster } = connected;
  try {
    const [left] = await recordsIn([leases[0]], cluster);
    const run = runIdentity(name => agent.getVariable(name));
    // Another run's canary is that run's business, and one that is kept on purpose is nobody's but a person's.
    if (left === undefined || left.run.id !== run.id || left.state !== 'running') return;
    const isOnlyLock = left.routes.length + left.canary.length === 0;
    // What is applied without a canary may be all that users have, and the next run applies it again.
    if (isOnlyLock && left.added.length > 0) return;

    commands.warning(
      isOnlyLock
        ? 'The step ended and left its lock: giving it back'
        : `The step ended and left its canary at ${left.weight} %: taking it back`,
    );
    const lock = new LeaseLock({
      api,
      clock,
      leases,
      lockTimeout: spec.lockTimeout,
      cancelled: pipeline.cancelled,
      onProgress: text => commands.line(text),
    });
    await lock.take(left);
    const fenced = cluster.fenced(() => lock.mustBeHeld());
    const router = new LeftoverRouter(fenced, left.routes);
    const ports = { cluster: fenced, router, metrics: new NoMetrics(), lock, clock, pipeline };
    if (agent.getVariable('Agent.ContainerMapping') !== undefined) {
      await outlive(left, router, { clock, pipeline });
    }
    const { drain, rolloutTimeout } = spec;
    await clearLeftovers(left, ports, { reason: 'the step ended before it could', drain, rolloutTimeout });
    await giveLockBack(ports);
    commands.section('The canary is gone, all requests go to stable');
    const reason = `The step ended before its release did: the canary had ${left.weight} % and was taken back after the job`;
    return { reason, weight: 0 };
  } finally {
    connected.close();
  }
}

/**
 * In a container job the agent's signals end its client of the container, not the step, which may live on beside this guard
 * (facts/azure.md 5). It has lost the lock, and will find that out; until then it might make again what is removed.
 */
async function outlive(
  { phase, weight }: ReleaseRecord,
  router: LeftoverRouter,
  { clock, pipeline }: Pick<GuardTools, 'clock' | 'pipeline'>,
): Promise<void> {
  // While stable is being replaced the canary keeps its share.
  if (phase !== 'promoting' && weight > 0) await router.stop().catch(() => {});
  const what = `${noticedWithin} for the step, which may live on in its container, to find that its lock is taken`;
  pipeline.tell({ type: 'waiting', what });
  await clock.sleep(noticedWithin, pipeline.cancelled);
}

function leasesOf(text: string): readonly LeaseName[] {
  if (text === '') return [];
  const leases: unknown = JSON.parse(text);
  return (Array.isArray(leases) ? leases : []).flatMap(lease => {
    const { namespace, name } = asRecord(lease) ?? {};
    return typeof namespace === 'string' && typeof name === 'string' ? [{ namespace, name }] : [];
  });
}
