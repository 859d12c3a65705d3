import { Duration } from './duration.ts';
import { hasCode, sentencesOf } from './errors.ts';
import type { ReleaseEvent } from './events.ts';
import { asRecord, type KubeObject, nameOf, type ObjectRef, valueAt } from './kube-object.ts';
import { fieldManager, releaseLabel } from './plan.ts';
import type { Cluster, DeleteWishes } from './ports.ts';

/** How long an object may take to be gone: pods have a grace period, and finalizers are not ours to cut short. */
const goneWithin = Duration.minutes(2);

export interface Removal {
  readonly cluster: Cluster;
  readonly tell: (event: ReleaseEvent) => void;
  /** Not to wait until they are gone: the deletes are asked for, and a cancelled step has no time for a pod's grace period. */
  readonly hurry?: boolean;
}

/**
 * Deletes the canary's objects and resolves when they are gone (in a hurry: when that is asked for), to the sentences about what had to be left. What does
 * not carry our label is not ours and is left (DESIGN, "What a release does" 3), unless it is the very object that this process has
 * made: that need not be read first. Never rejects.
 */
export async function removeCanary(removal: Removal, refs: readonly ObjectRef[]): Promise<readonly string[]> {
  const made = (ref: ObjectRef) => removal.cluster.uidOfMade(ref);
  return removeAll(removal, refs, isOurs, made);
}

/**
 * As `removeCanary`, for what was added for good, and may be somebody else's by now: ours is what our field manager made by server-side apply. A
 * PersistentVolumeClaim is kept and named, because data goes with it.
 */
export async function removeAdditions(
  removal: Removal,
  refs: readonly ObjectRef[],
): Promise<readonly string[]> {
  const isKept = ({ kind }: ObjectRef) => kind === 'PersistentVolumeClaim';
  for (const ref of refs.filter(isKept)) {
    const text = `${nameOf(ref)} is kept: it was made for this release and may hold data; delete it if nobody needs it`;
    removal.tell({ type: 'notice', text });
  }
  return removeAll(
    removal,
    refs.filter(ref => !isKept(ref)),
    wasAppliedByUs,
  );
}

async function removeAll(
  { cluster, tell, hurry = false }: Removal,
  refs: readonly ObjectRef[],
  mayGo: (object: KubeObject) => boolean,
  /** The uid of what may go unread. */
  uidOf: (ref: ObjectRef) => string | undefined = () => undefined,
): Promise<readonly string[]> {
  const leftovers = await Promise.all(
    refs.map(async ref => {
      const wishes = hurry ? {} : { gone: goneWithin };
      const remove = async (wished: DeleteWishes) => {
        if (await cluster.delete(ref, wished)) tell({ type: 'deleted', object: ref });
      };
      try {
        const uid = uidOf(ref);
        if (uid !== undefined && (await unlessOther(remove({ ...wishes, uid })))) return undefined;
        const object = await cluster.get(ref);
        if (object === undefined) return undefined;
        if (!mayGo(object)) return `${nameOf(ref)} was left alone: it is not this release's any more`;
        await remove(wishes);
        return undefined;
      } catch (thrown) {
        return `${nameOf(ref)} could not be removed: ${sentencesOf(thrown)}`;
      }
    }),
  );
  return leftovers.filter(leftover => leftover !== undefined);
}

/** False where another object has the name by now. */
async function unlessOther(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (thrown) {
    if (hasCode(thrown, 'CLUSTER_CONFLICT')) return false;
    throw thrown;
  }
}

function wasAppliedByUs(object: KubeObject): boolean {
  const entries = valueAt(object, 'metadata', 'managedFields');
  return (
    Array.isArray(entries) &&
    entries.some(entry => {
      const { manager, operation } = asRecord(entry) ?? {};
      return manager === fieldManager && operation === 'Apply';
    })
  );
}

/** Whether an object carries our label: what does not is never written or deleted. */
export function isOurs(object: KubeObject): boolean {
  return object.metadata.labels?.[releaseLabel] !== undefined;
}
