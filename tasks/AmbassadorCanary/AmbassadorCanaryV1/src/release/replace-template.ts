import { deployedMeanwhile } from './drift.ts';
import { CanaryError } from './errors.ts';
import { asRecord, type KubeObject, nameOf, type ObjectRef, valueAt } from './kube-object.ts';
import type { Promotion } from './plan.ts';
import { says } from './pod-template.ts';
import type { ReleaseContext } from './release-context.ts';
import { undoing } from './undo.ts';

/** A workload that has a new version, and what it was before. */
export interface Replaced {
  readonly workload: Promotion;
  readonly before: KubeObject;
}

/**
 * Gives a workload the promoted pod template, whole: server-side apply would leave behind what another manager owns, such as a
 * removed sidecar. The resourceVersion test makes sure that it is the object we read; a moved one is read again. What
 * the workload was is pushed to `replaced`; resolves to the workload as it is now.
 */
export async function replaceTemplate(
  context: ReleaseContext,
  workload: Promotion,
  replaced: Replaced[],
): Promise<KubeObject> {
  const { cluster } = context.ports;
  const { stable, promoted } = workload;
  const template = valueAt(promoted, 'spec', 'template');
  let before: KubeObject | undefined;
  for (let attempt = 1; ; attempt++) {
    const live = await read(context, stable);
    // After a try without an answer it may be ours already.
    if (before === undefined || !says(valueAt(live, 'spec', 'template'), template)) {
      throwIfDeployed(workload, live);
      before = live;
    }
    let result: KubeObject;
    try {
      result = await context.while(
        cluster.patch(stable, [
          { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
          { op: 'replace', path: '/spec/template', value: template },
        ]),
      );
    } catch (thrown) {
      const code = thrown instanceof CanaryError ? thrown.code : undefined;
      // Without an answer it may have been done.
      if (code === 'CLUSTER_UNREACHABLE') replaced.push({ workload, before });
      if (code !== 'CLUSTER_CONFLICT' || attempt === 5) throw thrown;
      continue;
    }
    replaced.push({ workload, before });
    if (workload.changesBesidesTemplate) {
      const replicas = valueAt(result, 'spec', 'replicas');
      result = await context.while(cluster.apply(withDefaultReplicas(promoted, replicas)));
    }
    context.tell({ type: 'applied', object: stable, note: 'new version' });
    return result;
  }
}

/** Promotion must never overwrite what somebody else has deployed since the release began. */
function throwIfDeployed(workload: Promotion, live: KubeObject): void {
  const drift = deployedMeanwhile(workload, live);
  if (drift === undefined) return;
  throw new CanaryError('CLUSTER_CONFLICT', drift, {
    hint: 'Let one pipeline at a time deploy this workload, and run the release again',
  });
}

/** Makes each what it was. One that can't be restored keeps no other from it; rejects with the first failure. */
export async function restoreWorkloads(
  context: ReleaseContext,
  replaced: readonly Replaced[],
): Promise<void> {
  const results = await Promise.allSettled(
    replaced.map(async ({ workload, before }) => {
      const { stable } = workload;
      const applied = workload.changesBesidesTemplate
        ? undoing(before, await read(context, stable)).filter(({ path }) => wasApplied(path, workload))
        : [];
      await context.while(
        context.ports.cluster.patch(stable, [
          // Also where the new one is not seen: a write without an answer may still be on its way.
          { op: 'replace', path: '/spec/template', value: valueAt(before, 'spec', 'template') },
          ...applied,
        ]),
      );
      context.tell({ type: 'applied', object: stable, note: 'old version again' });
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Replicas that the manifest leaves to others are not ours to restore either. */
function wasApplied(path: string, { promoted }: Promotion): boolean {
  if (path === '/spec/replicas') return valueAt(promoted, 'spec', 'replicas') !== undefined;
  return path !== '/spec/template';
}

async function read(context: ReleaseContext, stable: ObjectRef): Promise<KubeObject> {
  const live = await context.while(context.ports.cluster.get(stable));
  if (live !== undefined) return live;
  throw new CanaryError('CLUSTER_CONFLICT', `${nameOf(stable)} is gone`, {
    hint: 'Somebody deleted it during the release',
  });
}

/**
 * A manifest that leaves its replicas to an autoscaler is applied with those that run: leaving the field out would set it
 * to 1 where we were the only one to own it.
 */
function withDefaultReplicas(workload: KubeObject, replicas: unknown): KubeObject {
  return { ...workload, spec: { replicas, ...asRecord(workload.spec) } };
}
