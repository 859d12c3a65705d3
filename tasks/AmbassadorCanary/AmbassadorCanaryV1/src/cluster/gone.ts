import type { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { type KubeObject, nameOf, type ObjectRef, valueAt } from '../release/kube-object.ts';
import type { Clock } from '../release/ports.ts';
import { within } from '../release/within.ts';
import { follow } from './follow.ts';
import type { KubeApi } from './kube-api.ts';

/** Resolves when this very object (its uid), which is marked for deletion, no longer exists, seen by a watch from there on. Rejects with `CLUSTER_REFUSED` at the timeout. */
export async function awaitGone(
  api: KubeApi,
  clock: Clock,
  ref: ObjectRef,
  ending: KubeObject,
  timeout: Duration,
): Promise<void> {
  const stop = new AbortController();
  let latest = ending;
  const isIt = ({ metadata }: KubeObject) =>
    metadata.name === ref.name && metadata.uid === ending.metadata.uid;
  try {
    if ((await within(clock, timeout, watchUntilGone())) === 'gone') return;
  } finally {
    stop.abort();
  }
  throw stillThere(ref, latest, timeout);

  async function watchUntilGone(): Promise<'gone' | 'given up'> {
    const { name: _, ...place } = ref;
    const { resourceVersion } = ending.metadata;
    const known = resourceVersion === undefined ? undefined : { objects: [ending], resourceVersion };
    const collection = { ...place, fieldSelector: `metadata.name=${ref.name}` };
    for await (const change of follow(api, clock, collection, stop.signal, known)) {
      switch (change.type) {
        case 'listed': {
          const found = change.objects.find(isIt);
          if (found === undefined) return 'gone';
          latest = found;
          break;
        }
        case 'deleted':
          if (isIt(change.object)) return 'gone';
          break;
        case 'changed':
          if (!isIt(change.object)) return 'gone';
          latest = change.object;
      }
    }
    return 'given up';
  }
}

function stillThere(ref: ObjectRef, latest: KubeObject, timeout: Duration): CanaryError {
  const finalizers = valueAt(latest, 'metadata', 'finalizers');
  const held = Array.isArray(finalizers) && finalizers.length > 0;
  return new CanaryError('CLUSTER_REFUSED', `${nameOf(ref)} still exists ${timeout} after it was deleted`, {
    found: held ? `finalizers ${finalizers.join(', ')}` : 'no finalizer, but no end either',
    hint: 'Look at what it waits for: its pods, or the controller that its finalizer belongs to',
  });
}
