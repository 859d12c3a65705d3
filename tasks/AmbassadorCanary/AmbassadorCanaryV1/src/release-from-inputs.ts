import * as agent from 'azure-pipelines-task-lib/task.js';
import { manifestLinks } from './azure/manifest-links.ts';
import { readTask, type TaskSettings } from './azure/read-task.ts';
import { checkAccess } from './cluster/check-access.ts';
import { recordsIn } from './cluster/find-record.ts';
import { LeaseLock } from './cluster/lease-lock.ts';
import { mustFitLease } from './cluster/record-text.ts';
import { type ConnectedCluster, connect, inNamespaceOf } from './connect.ts';
import type { ManifestDocument } from './manifests/read-manifests.ts';
import type { PipelineLog } from './pipeline-log.ts';
import { planRelease } from './plan-release.ts';
import { prepareRelease } from './prepare-release.ts';
import { readDocuments } from './read-documents.ts';
import { rejectRelease } from './reject-release.ts';
import { tellAfter } from './release/call-webhooks.ts';
import { type Leftovers, mergeLeftovers } from './release/clear-leftovers.ts';
import { toCanaryErrors } from './release/errors.ts';
import { giveLockBack } from './release/give-lock-back.ts';
import { recordGoingOn } from './release/merge-records.ts';
import { neededAccess } from './release/needed-access.ts';
import type { Ending } from './release/outcome.ts';
import type { WritingPlan } from './release/plan.ts';
import { type Claim, emptyRecord, type ReleaseRecord, recordFor } from './release/record.ts';
import { endFinished, endUnchanged, endUndone, runRelease } from './release/run-release.ts';
import type { ReleaseSpec } from './release/spec.ts';
import { metricsFor, webhooksFor } from './release-metrics.ts';
import { routerFor } from './router-for.ts';
import type { Surroundings } from './surroundings.ts';
import {
  differencesTo,
  leaveParked,
  leaveToGuard,
  nothingParked,
  takeBackLeftovers,
  takeLock,
  undoUnusedConfiguration,
} from './take-over.ts';

/** From what the agent hands over to the end of a release. Rejects only before the first write. */
export async function releaseFromInputs(around: Surroundings): Promise<Ending> {
  const { commands, clock, log, report } = around;
  const { connection, agentSide, prometheusHeaders, spec, publishTestResults, notes } = readTask();
  const links = manifestLinks(spec.manifests, name => agent.getVariable(name));
  report.use({ action: spec.action, links, tests: publishTestResults });
  for (const note of notes) commands.line(note);
  const rest = { ...around, agentSide, prometheusHeaders };
  if (spec.action === 'plan' || connection === undefined) return planRelease(spec, connection, rest);
  // What is rejected need not be known by its image.
  const documents = await readDocuments(spec.action === 'reject' ? { ...spec, images: [] } : spec, log);
  const connected = await connect(connection, agentSide, commands, clock);
  try {
    const here = inNamespaceOf(connected, spec);
    if (here.action === 'reject') return await rejectRelease(here, documents, connected, around);
    return await release(here, documents, connected, rest);
  } finally {
    connected.close();
  }
}

async function release(
  spec: ReleaseSpec,
  documents: readonly ManifestDocument[],
  { api, cluster, network, azure }: ConnectedCluster,
  { clock, log, run, prometheusHeaders }: Surroundings & Pick<TaskSettings, 'prometheusHeaders'>,
): Promise<Ending> {
  const asking = { clock, headers: prometheusHeaders, transport: api.transport, network, azure };
  const prepare = async () => {
    const prepared = await prepareRelease(spec, documents, cluster);
    log.tell({ type: 'planned', plan: prepared.plan });
    return {
      ...prepared,
      metrics: await metricsFor(prepared.plan, asking, text => log.tell({ type: 'warning', text })),
    };
  };
  let { plan, metrics, ...first } = await prepare();
  if ((plan.kind === 'unchanged' || spec.action === 'promote') && !hasAny(first.leftovers)) {
    const records = await recordsIn(first.locks, cluster);
    // A run that died at its very end has left nothing with a label on it, but its lock, and perhaps an autoscaler with our minimum.
    const isClean = !records.some(({ state }) => state === 'running');
    if (plan.kind === 'unchanged' && isClean) return told(endUnchanged(plan), log);
    if (spec.action === 'promote' && records.length === 0) throw nothingParked(plan);
  }

  const { release, digest, trial, locks } = first;
  let { leftovers } = first;
  const startedAt = new Date(clock.now()).toISOString();
  const claim: Claim = { run, locks, release, digest, trial, startedAt };
  const planned = recordFor(claim, plan);
  mustFitLease(planned);
  await checkAccess(api, neededAccess(planned));
  let hasWaited = false;
  const lock = new LeaseLock({
    api,
    clock,
    leases: locks,
    lockTimeout: spec.lockTimeout,
    cancelled: log.cancelled,
    onProgress: what => {
      hasWaited = true;
      log.tell({ type: 'waiting', what, atMost: spec.lockTimeout });
    },
  });
  // A process that was frozen for so long that another run took over must not write on.
  const fenced = cluster.fenced(() => lock.mustBeHeld());
  const tools = { spec, cluster: fenced, lock, clock, log, claim };
  const taken = await takeLock(planned, tools).catch(thrown => {
    // A run that lives gives its lock back itself, and there is nothing else to do here.
    const isBusy = toCanaryErrors(thrown).every(({ code }) => code === 'LOCKED');
    if (plan.kind === 'unchanged' && !hasAny(leftovers) && isBusy) return { nothingToDo: plan };
    throw thrown;
  });
  if ('nothingToDo' in taken) return told(endUnchanged(taken.nothingToDo), log);
  const { left, takeover } = taken;
  const prepareAgain = async (found?: ReleaseRecord) => {
    try {
      ({ plan, metrics, leftovers } = await prepare());
    } catch (thrown) {
      await (found === undefined ? giveLockBack({ lock, pipeline: log }) : leaveToGuard(found, tools));
      throw thrown;
    }
  };
  const drive = async (writing: WritingPlan, record: ReleaseRecord, goOnAt?: number) => {
    const signal = AbortSignal.any([log.cancelled, lock.lost]);
    const router = await routerFor(writing, { api, cluster: fenced, clock, log, signal, owner: run.id });
    const rest = webhooksFor(writing, clock, network);
    return runRelease(
      writing,
      { cluster: fenced, router, metrics, lock, clock, pipeline: log, ...rest },
      record,
      goOnAt,
    );
  };

  /** The end of what an earlier run began, of which the user's servers hear as of any other. */
  const end = async (ending: Ending) => {
    await tellAfter({ ...webhooksFor(plan, clock, network), clock, pipeline: log }, ending);
    return told(ending, log);
  };

  let why = takeover?.kind === 'take-back' ? takeover.why : undefined;
  let isPromoted = false;
  if (left !== undefined && (takeover?.kind === 'go-on' || takeover?.kind === 'finish')) {
    if (takeover.kind === 'finish') await undoUnusedConfiguration(left, tools);
    if (takeover.kind === 'finish' || hasWaited) await prepareAgain(left);
    const differences = await differencesTo(left, plan, tools);
    if (differences.length === 0 && plan.kind === 'canary') {
      const record = recordGoingOn(left, recordFor(claim, plan));
      await lock.write(record);
      return drive(plan, record, takeover.kind === 'go-on' ? takeover.at : spec.steps.length);
    }
    if (left.state === 'parked') return leaveParked(left, differences, tools);
    isPromoted = takeover.kind === 'finish' && plan.kind !== 'canary';
    why = `its canary is not as planned: ${differences.join('; ')}`;
  } else if (left === undefined && hasWaited) {
    // Whoever has ended meanwhile has changed what there is to do, and what looked left behind was its own.
    await prepareAgain();
  }
  if (left !== undefined || hasAny(leftovers)) {
    const all = mergeLeftovers(left ?? emptyRecord(claim), leftovers);
    const notReady = await takeBackLeftovers(all, { ...(why !== undefined && { why }), isPromoted }, tools);
    await prepareAgain();
    if (notReady !== undefined && takeover?.kind === 'finish') {
      await giveLockBack({ lock, pipeline: log });
      return end(endUndone(plan, notReady));
    }
  }
  if (plan.kind === 'unchanged') {
    await giveLockBack({ lock, pipeline: log });
    return isPromoted && left !== undefined ? end(endFinished(plan, left)) : told(endUnchanged(plan), log);
  }
  if (spec.action === 'promote' && !(takeover?.kind === 'finish' && plan.kind === 'apply-only')) {
    await giveLockBack({ lock, pipeline: log });
    throw nothingParked(plan);
  }
  const record = recordFor(claim, plan);
  await lock.write(record);
  return drive(plan, record);
}

function told(ending: Ending, log: PipelineLog): Ending {
  log.tell({ type: 'ended', ending });
  return ending;
}

function hasAny({ routes, canary }: Leftovers): boolean {
  return routes.length > 0 || canary.length > 0;
}
