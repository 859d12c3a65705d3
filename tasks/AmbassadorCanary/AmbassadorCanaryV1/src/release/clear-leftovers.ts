import type { Duration } from './duration.ts';
import { CanaryError } from './errors.ts';
import { identityOf } from './kube-object.ts';
import type { Ports } from './ports.ts';
import type { ReleaseRecord } from './record.ts';
import { recoverConfiguration } from './recover-configuration.ts';
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
 * stable is ready: users are not thrown onto half a stable. Rejects where something can't be cleared, because a release
 * on top of it would be two.
 */
export async function clearLeftovers(
  left: ReleaseRecord,
  ports: Pick<Ports, 'cluster' | 'router' | 'metrics' | 'lock' | 'clock' | 'pipeline'>,
  { reason, drain, rolloutTimeout, isPromoted = false }: ClearOptions,
): Promise<void> {
  const isPromoting = left.phase === 'promoting' && left.workloads.length > 0;
  if (isPromoting) {
    await recoverConfiguration(left, ports);
    await ports.cluster.awaitReady(left.workloads, {
      timeout: rolloutTimeout,
      signal: ports.pipeline.cancelled,
      onProgress: what => ports.pipeline.tell({ type: 'waiting', what, atMost: rolloutTimeout }),
    });
    await awaitPropagation('the pods of stable', ports, ports.pipeline.cancelled);
    if (ports.pipeline.cancelled.aborted) throw new CanaryError('CANCELLED', 'The step was cancelled');
  }
  // Stable may be of the new version by then, which needs what the release added.
  const unneeded = isPromoting ? { ...left, added: [] } : left;
  const { leftovers } = await takeBack(unneeded, ports, {
    reason,
    drain,
    hurry: false,
    ...(isPromoted && { phase: 'promoting' }),
  });
  if (leftovers.length === 0) return;
  throw new CanaryError('CLUSTER_REFUSED', 'What an earlier release left behind could not be cleared', {
    found: leftovers.join('; '),
    hint: 'Remove it by hand, then run again',
  });
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
