import type { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { type KubeObject, nameOf, type ObjectRef, valueAt } from '../release/kube-object.ts';
import type { Clock } from '../release/ports.ts';
import { within } from '../release/within.ts';
import { type Change, follow } from './follow.ts';
import type { KubeApi, Removed } from './kube-api.ts';

/** Kinds whose objects own pods. */
export const podOwners = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob']);

/** An object that is marked for deletion, and awaited. */
interface Leaving {
  readonly ref: ObjectRef;
  /** As last seen: this very object, by its uid. */
  latest: KubeObject;
  readonly left: () => void;
  readonly fail: (error: unknown) => void;
}

/** Deletes of one kind and namespace that are under way together. */
class Batch {
  /** Deletes that have no answer yet. */
  asked = 0;
  readonly leaving = new Set<Leaving>();
  readonly #over = new AbortController();

  /** Aborted when nobody waits any more. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** `gone` resolves when this one, as its deletion has marked it, no longer exists. */
  add(ref: ObjectRef, ending: KubeObject): { readonly leaving: Leaving; readonly gone: Promise<'gone'> } {
    let [left, fail]: [() => void, (error: unknown) => void] = [() => {}, () => {}];
    const gone = new Promise<'gone'>((resolve, reject) => {
      [left, fail] = [() => resolve('gone'), reject];
    });
    const leaving = { ref, latest: ending, left, fail };
    this.leaving.add(leaving);
    return { leaving, gone };
  }

  drop(one: Leaving): void {
    this.leaving.delete(one);
    if (this.leaving.size === 0 && this.asked === 0) this.#over.abort();
  }

  see(change: Change): void {
    const objects = change.type === 'listed' ? change.objects : [change.object];
    const seen = new Map(objects.map(object => [object.metadata.name, object]));
    for (const one of this.leaving) {
      const object = seen.get(one.ref.name);
      if (object === undefined && change.type !== 'listed') continue;
      const isIt = object?.metadata.uid === one.latest.metadata.uid;
      if (object !== undefined && isIt && change.type !== 'deleted') one.latest = object;
      // The end of one that has taken its place is nobody's business here.
      else if (isIt || change.type !== 'deleted') {
        this.drop(one);
        one.left();
      }
    }
  }
}

/** Deletes objects and awaits their end: workloads that are deleted together by one watch a kind and namespace. */
export class Departures {
  readonly #batches = new Map<string, Batch>();

  constructor(
    private readonly api: KubeApi,
    private readonly clock: Clock,
  ) {}

  /**
   * Resolves to whether there was anything, once this very object (its uid) no longer exists. Rejects with `CLUSTER_REFUSED` where it
   * still does after `timeout`.
   */
  async delete(ref: ObjectRef, ask: () => Promise<Removed>, timeout: Duration): Promise<boolean> {
    const { name: _, ...place } = ref;
    // What else a release makes goes at once, and a Role need not let us list it.
    const key = JSON.stringify(podOwners.has(ref.kind) ? place : ref);
    const batch = this.#batches.get(key) ?? new Batch();
    this.#batches.set(key, batch);
    batch.asked += 1;
    let awaited: ReturnType<Batch['add']>;
    try {
      const { found, ending } = await ask();
      if (ending === undefined) return found;
      awaited = batch.add(ref, ending);
    } finally {
      batch.asked -= 1;
      // Nobody is to miss what happens to another one that is marked before the watch begins.
      if (batch.asked === 0) {
        this.#batches.delete(key);
        void this.#watch(batch);
      }
    }
    const { leaving, gone } = awaited;
    if ((await within(this.clock, timeout, gone)) === 'gone') return true;
    batch.drop(leaving);
    throw stillThere(leaving, timeout);
  }

  async #watch(batch: Batch): Promise<void> {
    const [one, ...others] = batch.leaving;
    if (one === undefined) return;
    const { name, ...place } = one.ref;
    const { resourceVersion } = one.latest.metadata;
    // One alone is watched by its name, from its deletion on. Of several each deletion was another moment, so they are listed first.
    const alone = others.length === 0;
    const collection = alone ? { ...place, fieldSelector: `metadata.name=${name}` } : place;
    const known =
      alone && resourceVersion !== undefined ? { objects: [one.latest], resourceVersion } : undefined;
    try {
      for await (const change of follow(this.api, this.clock, collection, batch.over, known)) {
        batch.see(change);
      }
    } catch (error) {
      for (const { fail } of batch.leaving) fail(error);
    }
  }
}

function stillThere({ ref, latest }: Leaving, timeout: Duration): CanaryError {
  const finalizers = valueAt(latest, 'metadata', 'finalizers');
  const held = Array.isArray(finalizers) && finalizers.length > 0;
  return new CanaryError('CLUSTER_REFUSED', `${nameOf(ref)} still exists ${timeout} after it was deleted`, {
    found: held ? `finalizers ${finalizers.join(', ')}` : 'no finalizer, but no end either',
    hint: 'Look at what it waits for: its pods, or the controller that its finalizer belongs to',
  });
}
