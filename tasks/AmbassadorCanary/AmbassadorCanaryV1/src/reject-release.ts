import { NoMetrics } from './analysis/no-metrics.ts';
import { recordsIn } from './cluster/find-record.ts';
import { LeaseLock } from './cluster/lease-lock.ts';
import { inNamespaces } from './cluster/survey.ts';
import { surveyLeftovers } from './cluster/survey-leftovers.ts';
import type { ConnectedCluster } from './connect.ts';
import { findLeftovers } from './manifests/find-leftovers.ts';
import type { ManifestDocument } from './manifests/read-manifests.ts';
import { locksOf, noWorkload, releaseOf, sortedDeployments, sortedLocks } from './manifests/release-name.ts';
import { tellAfter } from './release/call-webhooks.ts';
import { type Leftovers, mergeLeftovers } from './release/clear-leftovers.ts';
import { giveLockBack } from './release/give-lock-back.ts';
import { listNames } from './release/list-names.ts';
import type { Ending } from './release/outcome.ts';
import { emptyRecord, type ReleaseRecord } from './release/record.ts';
import { endWithoutCanary, rejectCanary } from './release/reject-canary.ts';
import type { ReleaseSpec } from './release/spec.ts';
import { webhooksFor } from './release-metrics.ts';
import type { Surroundings } from './surroundings.ts';
import { takeArmed } from './take-over.ts';
import { LeftoverRouter } from './traffic/leftover-router.ts';

/**
 * Takes back the canary of the workloads that the manifests name, whatever else they say and whoever left it. Where there is
 * none it succeeds and says so, for it may be the second to try. Rejects where something of it can't be removed.
 */
export async function rejectRelease(
  spec: ReleaseSpec,
  documents: readonly ManifestDocument[],
  { api, cluster, network }: ConnectedCluster,
  { clock, log, run }: Surroundings,
): Promise<Ending> {
  const objects = documents.map(({ object }) => object);
  const placed = await inNamespaces(objects, spec.namespace ?? 'default', cluster);
  const workloads = sortedDeployments(placed).map(({ metadata }) => metadata);
  if (workloads.length === 0) throw noWorkload(placed);
  const name = listNames(workloads.map(workload => workload.name));
  const namespaces = [...new Set(workloads.map(({ namespace = 'default' }) => namespace))];
  const release = releaseOf(placed);

  const look = async () =>
    findLeftovers(await surveyLeftovers(release, namespaces, cluster), release, namespaces);
  const ports = { cluster, metrics: new NoMetrics(), clock, pipeline: log };
  const webhooks = webhooksFor({ spec, name, namespace: namespaces[0] ?? 'default' }, clock, network);
  const end = async (ending: Ending) => {
    await tellAfter({ ...ports, ...webhooks }, ending);
    log.tell({ type: 'ended', ending });
    return ending;
  };
  const records = await recordsIn(locksOf(placed), cluster);
  if (records.length === 0 && isNothing(await look())) return end(endWithoutCanary(name));

  // What was deployed with others than the manifests name now is locked with them, too.
  const locks = sortedLocks([...locksOf(placed), ...records.flatMap(record => record.locks)]);
  const claim = { run, locks, release, startedAt: new Date(clock.now()).toISOString() };
  const ours = (record: ReleaseRecord): ReleaseRecord => ({ ...record, ...claim, state: 'running' });
  const lock = new LeaseLock({
    api,
    clock,
    leases: locks,
    lockTimeout: spec.lockTimeout,
    cancelled: log.cancelled,
    onProgress: what => log.tell({ type: 'waiting', what, atMost: spec.lockTimeout }),
  });
  const latest = await takeArmed(emptyRecord(claim), { lock, log }, ours);
  // A process that was frozen for so long that another run took over must not write on.
  const fenced = cluster.fenced(() => lock.mustBeHeld());
  const found = await look();
  if (latest === undefined && isNothing(found)) {
    await giveLockBack({ lock, pipeline: log });
    return end(endWithoutCanary(name));
  }
  const left = ours(mergeLeftovers(latest ?? emptyRecord(claim), found));
  await lock.write(left);
  const router = new LeftoverRouter(fenced, left.routes);
  const { drain, rolloutTimeout } = spec;
  const share = latest === undefined ? {} : { weight: latest.weight };
  const how = { name, drain, rolloutTimeout, ...share };
  const ending = await rejectCanary(left, { ...ports, cluster: fenced, lock, router }, how);
  await giveLockBack({ lock, pipeline: log });
  return end(ending);
}

function isNothing({ routes, canary }: Leftovers): boolean {
  return routes.length + canary.length === 0;
}
