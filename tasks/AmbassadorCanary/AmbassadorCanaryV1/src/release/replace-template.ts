import { CanaryError } from './errors.ts';
import { asRecord, type KubeObject, nameOf, type ObjectRef, valueAt } from './kube-object.ts';
import type { Promotion } from './plan.ts';
import type { ReleaseContext } from './release-context.ts';

/** A workload that has a new template, and the one that it had. */
export interface Replaced {
  readonly stable: ObjectRef;
  readonly oldTemplate: unknown;
}

/**
 * Gives a workload the promoted pod template, whole: server-side apply would leave behind what another manager owns, such as a
 * removed sidecar. The resourceVersion test makes sure that it is the object we read; a moved one is read again. What
 * the template was is pushed to `replaced`; resolves to the workload as it is now.
 */
export async function replaceTemplate(
  context: ReleaseContext,
  { stable, promoted, changesBesidesTemplate }: Promotion,
  replaced: Replaced[],
): Promise<KubeObject> {
  const { cluster } = context.ports;
  const template = valueAt(promoted, 'spec', 'template');
  for (let attempt = 1; ; attempt++) {
    const live = await context.while(cluster.get(stable));
    if (live === undefined) {
      throw new CanaryError('CLUSTER_CONFLICT', `${nameOf(stable)} is gone`, {
        hint: 'Somebody deleted it during the release',
      });
    }
    const oldTemplate = valueAt(live, 'spec', 'template');
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
      if (code === 'CLUSTER_UNREACHABLE') replaced.push({ stable, oldTemplate });
      if (code !== 'CLUSTER_CONFLICT' || attempt === 5) throw thrown;
      continue;
    }
    replaced.push({ stable, oldTemplate });
    if (changesBesidesTemplate) {
      const replicas = valueAt(result, 'spec', 'replicas');
      result = await context.while(cluster.apply(withDefaultReplicas(promoted, replicas)));
    }
    context.tell({ type: 'applied', object: stable, note: 'new version' });
    return result;
  }
}

/** Gives each its old template back. One that can't be restored keeps no other from it; rejects with the first failure. */
export async function restoreTemplates(
  context: ReleaseContext,
  replaced: readonly Replaced[],
): Promise<void> {
  const results = await Promise.allSettled(
    replaced.map(async ({ stable, oldTemplate }) => {
      await context.while(
        context.ports.cluster.patch(stable, [{ op: 'replace', path: '/spec/template', value: oldTemplate }]),
      );
      context.tell({ type: 'applied', object: stable, note: 'old version again' });
    }),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/**
 * A manifest that leaves its replicas to an autoscaler is applied with those that run: leaving the field out would set it
 * to 1 where we were the only one to own it.
 */
function withDefaultReplicas(workload: KubeObject, replicas: unknown): KubeObject {
  return { ...workload, spec: { replicas, ...asRecord(workload.spec) } };
}
