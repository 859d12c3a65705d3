import type { Duration } from './duration.ts';
import { CanaryError, hasCode, sentencesOf, throwIfAny, toCanaryErrors } from './errors.ts';
import { identityOf } from './kube-object.ts';
import type { Ports } from './ports.ts';
import type { ReleaseRecord } from './record.ts';
import { recoverConfiguration } from './recover-configuration.ts';
import { restoreVersions } from './restore-version.ts';
import { awaitPropagation } from './settle.ts';
import { takeBack } from './take-back.ts';
import { union } from './union.ts';

/** What labels tell of an earlier run, where there is no record of it. */
export type Leftovers = Pick<ReleaseRecord, 'routes' | 'canary' | 'weight'>;

export interface ClearOptions {
  readonly reason: string;
  readonly drain: Duration;
  readonly rolloutTimeout: Duration;
  /** Stable is of the version that was promoted: what goes is only what is left of the promotion. */
  readonly isPromoted?: boolean;
}

/**
 * Takes back what a run that died left behind. One that died while stable was being replaced keeps its canary until
 * stable is ready: users are not thrown onto half a stable. One that does not get ready gets its old version back: then
 * resolves to why. Rejects where something can't be cleared, because a release on top of it would be two.
 */
export async function clearLeftovers(
  left: ReleaseRecord,
  ports: Pick<Ports, 'cluster' | 'router' | 'metrics' | 'lock' | 'clock' | 'pipeline'>,
  { reason, drain, rolloutTimeout, isPromoted = false }: ClearOptions,
): Promise<string | undefined> {
  let notReady: string | undefined;
  const isPromoting = left.phase === 'promoting' && left.workloads.length > 0;
  if (isPromoting) {
    await recoverConfiguration(left, ports);
    notReady = await awaitStable(left, ports, rolloutTimeout);
    await awaitPropagation('the pods of stable', ports, ports.pipeline.cancelled);
    if (ports.pipeline.cancelled.aborted) throw new CanaryError('CANCELLED', 'The step was cancelled');
  }
  // Stable may be of the new version by then, which needs what the release added.
  const unneeded = isPromoting && notReady === undefined ? { ...left, added: [] } : left;
  const { leftovers } = await takeBack(unneeded, ports, {
    reason: notReady === undefined ? reason : `stable has its old version again (${notReady})`,
    drain,
    hurry: false,
    ...(isPromoted && notReady === undefined && { phase: 'promoting' }),
  });
  if (leftovers.length === 0) return notReady;
  throw new CanaryError('CLUSTER_REFUSED', 'What an earlier release left behind could not be cleared', {
    found: leftovers.join('; '),
    hint: 'Remove it by hand, then run again',
  });
}

/** Resolves when stable is ready, in its old version where the new one does not get there: then to why. */
async function awaitStable(
  left: ReleaseRecord,
  ports: Pick<Ports, 'cluster' | 'pipeline'>,
  timeout: Duration,
): Promise<string | undefined> {
  const { cluster, pipeline } = ports;
  const signal = pipeline.cancelled;
  const onProgress = (what: string) => pipeline.tell({ type: 'waiting', what, atMost: timeout });
  const ready = () => cluster.awaitReady(left.workloads, { timeout, signal, onProgress });
  try {
    await ready();
    return undefined;
  } catch (thrown) {
    if (signal.aborted || !hasCode(thrown, 'ROLLOUT_NOT_READY')) throw thrown;
    const restored = await restoreVersions(left, ports).catch(failure =>
      throwIfAny([...toCanaryErrors(thrown), ...toCanaryErrors(failure)]),
    );
    // What stable runs is somebody else's.
    if (restored?.length === 0) throw thrown;
    await ready();
    return sentencesOf(thrown);
  }
}

/** One record of what two sources know of the same leftovers. */
export function mergeLeftovers(record: ReleaseRecord, found: Leftovers): ReleaseRecord {
  return {
    ...record,
    weight: Math.max(record.weight, found.weight),
    routes: union(record.routes, found.routes, ({ twin }) => identityOf(twin)),
    canary: union(record.canary, found.canary, identityOf),
  };
}
