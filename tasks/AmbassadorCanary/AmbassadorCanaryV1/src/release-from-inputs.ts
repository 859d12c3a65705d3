import * as agent from 'azure-pipelines-task-lib/task.js';
import { NoMetrics } from './analysis/no-metrics.ts';
import type { Commands } from './azure/commands.ts';
import { readManifestFiles } from './azure/manifest-files.ts';
import { readTask, type TaskSettings } from './azure/read-task.ts';
import { checkAccess } from './cluster/check-access.ts';
import type { KubeCluster } from './cluster/kube-cluster.ts';
import { LeaseLock } from './cluster/lease-lock.ts';
import { type ConnectedCluster, connect } from './connect.ts';
import { replaceImages } from './manifests/image-replacement.ts';
import { type ManifestDocument, readManifests } from './manifests/read-manifests.ts';
import type { PipelineLog } from './pipeline-log.ts';
import { prepareRelease } from './prepare-release.ts';
import { clearLeftovers, type Leftovers, mergeLeftovers } from './release/clear-leftovers.ts';
import { neededAccess } from './release/needed-access.ts';
import type { Ending } from './release/outcome.ts';
import type { UnchangedPlan } from './release/plan.ts';
import type { Clock, Lock } from './release/ports.ts';
import {
  type Claim,
  emptyRecord,
  type ReleaseRecord,
  type RunIdentity,
  recordFor,
} from './release/record.ts';
import { endUnchanged, runRelease } from './release/run-release.ts';
import type { ReleaseSpec } from './release/spec.ts';
import { metricsFor, webhooksFor } from './release-metrics.ts';
import { AmbassadorRouter, LeftoverRouter } from './traffic/ambassador-router.ts';

/** What a release needs of the step around it. */
export interface Surroundings {
  readonly commands: Commands;
  readonly clock: Clock;
  readonly log: PipelineLog;
  readonly run: RunIdentity;
}

/** From what the agent hands over to the end of a release. Rejects only before the first write. */
export async function releaseFromInputs(around: Surroundings): Promise<Ending> {
  const { commands, clock, log } = around;
  const { connection, prometheusHeaders, spec, inactive, notes } = readTask();
  for (const note of notes) commands.line(note);
  if (inactive.length > 0) commands.line('Defaults that are not active in this version:');
  for (const input of inactive) commands.line(`  ${input}`);
  const documents = await readDocuments(spec, log);
  const connected = await connect(connection, commands, clock);
  const namespace = spec.namespace ?? connected.namespace;
  try {
    return await release(namespace === undefined ? spec : { ...spec, namespace }, documents, connected, {
      ...around,
      prometheusHeaders,
    });
  } finally {
    connected.close();
  }
}

/** The manifests, with the images to release in place. */
async function readDocuments(spec: ReleaseSpec, log: PipelineLog): Promise<readonly ManifestDocument[]> {
  const root = agent.getVariable('System.DefaultWorkingDirectory') || process.cwd();
  const { documents } = readManifests(await readManifestFiles(spec.manifests, root));
  const replaced = replaceImages(documents, spec.images);
  for (const { choice, workload, container } of replaced.matches) {
    log.tell({
      type: 'notice',
      text: `Image ${choice.image} for container ${container} of ${workload.kind} ${workload.name}`,
    });
  }
  return replaced.documents;
}

async function release(
  spec: ReleaseSpec,
  documents: readonly ManifestDocument[],
  { api, cluster }: ConnectedCluster,
  { clock, log, run, prometheusHeaders }: Surroundings & Pick<TaskSettings, 'prometheusHeaders'>,
): Promise<Ending> {
  const asking = { clock, headers: prometheusHeaders, transport: api.transport };
  const prepare = async () => {
    const prepared = await prepareRelease(spec, documents, cluster);
    log.tell({ type: 'planned', plan: prepared.plan });
    return { ...prepared, metrics: await metricsFor(prepared.plan, asking) };
  };
  let { plan, metrics, ...first } = await prepare();
  if (plan.kind === 'unchanged' && !hasAny(first.leftovers)) return unchanged(plan, log);

  const { locks, leftovers } = first;
  const claim: Claim = { run, locks, release: first.release, startedAt: new Date(clock.now()).toISOString() };
  await checkAccess(api, neededAccess(recordFor(claim, plan)));
  const lock = new LeaseLock({
    api,
    clock,
    leases: locks,
    lockTimeout: spec.lockTimeout,
    cancelled: log.cancelled,
    onProgress: what => log.tell({ type: 'waiting', what }),
  });
  const dead = await lock.take(recordFor(claim, plan));
  if (dead !== undefined || hasAny(leftovers)) {
    const left = mergeLeftovers(dead ?? emptyRecord(claim), leftovers);
    await takeBackLeftovers(left, { spec, cluster, lock, clock, log });
    try {
      // What was taken back may change what there is to do.
      ({ plan, metrics } = await prepare());
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
  }
  if (plan.kind === 'unchanged') {
    await lock.release();
    return unchanged(plan, log);
  }
  const record = recordFor(claim, plan);
  await lock.write(record);
  const router = new AmbassadorRouter(cluster, plan.kind === 'canary' ? plan.routes : []);
  const ports = { cluster, router, metrics, lock, clock, pipeline: log, ...webhooksFor(plan, clock) };
  return runRelease(plan, ports, record);
}

interface TakeBackTools {
  readonly spec: ReleaseSpec;
  readonly cluster: KubeCluster;
  readonly lock: Lock;
  readonly clock: Clock;
  readonly log: PipelineLog;
}

async function takeBackLeftovers(
  left: ReleaseRecord,
  { spec, cluster, lock, clock, log }: TakeBackTools,
): Promise<void> {
  const router = new LeftoverRouter(cluster, left.routes);
  const ports = { cluster, router, metrics: new NoMetrics(), lock, clock, pipeline: log };
  // The record says what is there until it is gone: should this run die as well, the next one knows.
  await lock.write(left);
  await clearLeftovers(left, ports, {
    reason: `an earlier run left its canary behind (${left.run.title})`,
    drain: spec.drain,
    rolloutTimeout: spec.rolloutTimeout,
  });
}

function unchanged(plan: UnchangedPlan, log: PipelineLog): Ending {
  const ending = endUnchanged(plan);
  log.tell({ type: 'ended', ending });
  return ending;
}

function hasAny({ routes, canary }: Leftovers): boolean {
  return routes.length > 0 || canary.length > 0;
}
