import { CanaryError } from './errors.ts';
import { type KubeObject, type ObjectRef, refOf } from './kube-object.ts';
import { type ConfigChange, releaseLabel } from './plan.ts';
import type { ReleaseContext } from './release-context.ts';
import { removeAdditions } from './remove.ts';
import { undoing } from './undo.ts';

/** What an object was before promotion changed it; absent: it was not there. */
export interface Earlier {
  readonly ref: ObjectRef;
  readonly object?: KubeObject;
}

/**
 * Gives stable's configuration its new content, just before stable is replaced. What it was is first kept in the cluster, in an
 * object of its own kind (DESIGN promise 5), and pushed to `earlier` for whoever has to undo it.
 */
export async function updateConfiguration(context: ReleaseContext, earlier: Earlier[]): Promise<void> {
  await allOf(
    context.plan.configuration.map(async ({ object, stale, before }: ConfigChange) => {
      const { cluster } = context.ports;
      const ref = refOf(object);
      const live = await context.while(cluster.get(ref));
      if (live !== undefined && before !== undefined)
        await context.while(cluster.apply(keptCopy(live, before, context.record.release)));
      earlier.push(live === undefined ? { ref } : { ref, object: live });
      await context.while(cluster.apply(object));
      const gone = stale.map(path => ({ op: 'remove' as const, path }));
      if (gone.length > 0) await context.while(cluster.patch(ref, gone));
      context.tell({ type: 'applied', object: ref, note: 'new configuration' });
    }),
  );
}

/** Makes configuration what it was. One that can't be restored keeps no other from it; rejects with the first failure. */
export async function restoreConfiguration(
  context: ReleaseContext,
  earlier: readonly Earlier[],
): Promise<void> {
  await allOf(
    earlier.map(async ({ ref, object }) => {
      const { cluster } = context.ports;
      if (object === undefined) {
        const [left] = await removeAdditions({ cluster, tell: event => context.tell(event) }, [ref]);
        if (left !== undefined) throw new CanaryError('CLUSTER_REFUSED', left);
        return;
      }
      const live = await context.while(cluster.get(ref));
      const operations = live === undefined ? [] : undoing(object, live);
      if (operations.length === 0) return;
      await context.while(cluster.patch(ref, operations));
      context.tell({ type: 'applied', object: ref, note: 'old configuration again' });
    }),
  );
}

/** What promotion keeps of configuration, under another name. Only its content: labels would have others take it for the original. */
export function keptCopy(live: KubeObject, { name, namespace }: ObjectRef, release: string): KubeObject {
  const { apiVersion, kind, metadata: _, status: __, immutable: ___, ...content } = live;
  const place = namespace === undefined ? { name } : { name, namespace };
  return {
    apiVersion,
    kind,
    metadata: { ...place, labels: { [releaseLabel]: release } },
    ...content,
  };
}

/** Waits for all of them, however one fares. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
