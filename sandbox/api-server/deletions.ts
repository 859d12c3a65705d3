import { at, type JsonObject, type KubeObject, timestamp } from '../objects.ts';
import type { ObjectKey } from './registry.ts';
import { preconditionFailed } from './status.ts';
import type { Store } from './store.ts';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  /** The collector deletes the dependents after the object, or before it, or leaves them. */
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

const waitingFor = { Background: undefined, Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const;

/** Deletes objects as the API server does: at once, or by marking them for those who have something to do first. */
export class Deletions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  delete(live: KubeObject, key: ObjectKey, options: DeleteOptions): object {
    refuseOther(live, key, options);
    const grace = graceOf(live, options);
    const finalizers = [...(live.metadata.finalizers ?? [])];
    const policy = waitingFor[options.propagationPolicy ?? 'Background'];
    if (policy && !finalizers.includes(policy)) finalizers.push(policy);
    if (finalizers.length === 0 && grace === 0) return this.#remove(live, key, options);
    const marked = mark(live, key, finalizers, grace);
    return options.dryRun || marked === live ? marked : this.#store.put(key.resource, marked);
  }

  #remove(live: KubeObject, { resource, name }: ObjectKey, options: DeleteOptions): object {
    const removed = options.dryRun ? live : this.#store.remove(resource, live);
    if (resource.returnsDeleted) return removed;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: {
        name,
        ...(resource.group && { group: resource.group }),
        kind: resource.plural,
        uid: live.metadata.uid,
      } satisfies JsonObject,
    };
  }
}

function refuseOther(
  live: KubeObject,
  { resource, name }: ObjectKey,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = live.metadata;
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    const problem = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw preconditionFailed(resource, name, problem);
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    const problem = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw preconditionFailed(resource, name, problem);
  }
}

/** Seconds that a pod has to end. One that is on no node, and everything else, needs none. */
function graceOf(live: KubeObject, options: DeleteOptions): number {
  if (live.kind !== 'Pod' || !at(live, 'spec', 'nodeName')) return 0;
  if (['Succeeded', 'Failed'].includes(String(at(live, 'status', 'phase')))) return 0;
  const own = at(live, 'spec', 'terminationGracePeriodSeconds');
  const asked = options.gracePeriodSeconds ?? (typeof own === 'number' ? own : 30);
  // A pod that is ending already can be hurried, not held up.
  return Math.min(asked, live.metadata.deletionGracePeriodSeconds ?? asked);
}

/** The object with its time of deletion; the same object where it has one already and nothing changes. */
function mark(live: KubeObject, { resource }: ObjectKey, finalizers: string[], grace: number): KubeObject {
  const { metadata } = live;
  const isMarked = metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === grace;
  if (isMarked && finalizers.length === (metadata.finalizers?.length ?? 0)) return live;
  return {
    ...live,
    metadata: {
      ...metadata,
      deletionTimestamp: timestamp(Date.now() + grace * 1000),
      deletionGracePeriodSeconds: grace,
      ...(finalizers.length > 0 && { finalizers }),
      ...(resource.hasGeneration && { generation: (metadata.generation ?? 0) + 1 }),
    },
  };
}
