import type { KubeObject } from '../objects.ts';
import { type Collection, selected } from './list.ts';
import type { Registry } from './registry.ts';
import { groupVersion } from './resources.ts';
import { ApiError, internal } from './status.ts';
import type { Change } from './store.ts';

/** Where a watch writes to: one JSON document a call. */
export interface WatchSink {
  write(event: object): void;
  end(): void;
}

const bookmarkEveryMs = 60_000;
/** How many seconds before the end of a watch its last bookmark comes; shorter watches get none. */
const lastBookmarkBefore = 2;

/**
 * Streams the changes of a collection until the query's `timeoutSeconds` are over or the returned function is called. Without a
 * resourceVersion, or with 0, it begins with what is there as ADDED. A version that is too long ago gets one ERROR event with 410.
 */
export function watch(
  registry: Registry,
  collection: Collection,
  query: URLSearchParams,
  sink: WatchSink,
): () => void {
  const { resource, namespace } = collection;
  const { store } = registry;
  const isSelected = selected(query, resource);
  const from = readVersion(query.get('resourceVersion') ?? '0');
  const timers: NodeJS.Timeout[] = [];
  let version = from === 0 ? store.version : from;

  const tell = (change: Change): void => {
    if (change.resource !== resource) return;
    version = change.version;
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
    const event = eventOf(change, isSelected);
    if (event) sink.write(event);
  };
  const unsubscribe = store.subscribe(tell);
  const stop = (): void => {
    unsubscribe();
    for (const timer of timers) clearInterval(timer);
  };

  if (from === 0) {
    for (const object of store.list(resource, namespace).filter(isSelected))
      sink.write({ type: 'ADDED', object });
  } else {
    const missed = store.changesSince(from);
    if (!missed) {
      const expired = new ApiError(410, 'Expired', `too old resource version: ${from} (${store.version})`);
      sink.write({ type: 'ERROR', object: expired.toStatus() });
      stop();
      sink.end();
      return () => {};
    }
    for (const change of missed) tell(change);
  }

  const bookmark = (): void => {
    // Where nothing has happened, there is nothing that the watcher does not know.
    if (!query.has('allowWatchBookmarks') || version === from) return;
    const object = {
      kind: resource.kind,
      apiVersion: groupVersion(resource),
      metadata: { resourceVersion: String(version) },
    };
    sink.write({ type: 'BOOKMARK', object });
  };
  timers.push(setInterval(bookmark, bookmarkEveryMs));
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  if (seconds > 0) {
    const finish = (): void => {
      stop();
      sink.end();
    };
    timers.push(setTimeout(finish, seconds * 1000));
    if (seconds > lastBookmarkBefore)
      timers.push(setTimeout(bookmark, (seconds - lastBookmarkBefore) * 1000));
  }
  return stop;
}

function readVersion(text: string): number {
  if (/^\d*$/.test(text)) return Number(text);
  const quoted = JSON.stringify(text);
  throw internal(
    `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
  );
}

/** A change as a watcher with a selector sees it: what no longer matches is deleted for it, what now does is added. */
function eventOf(
  change: Change,
  isSelected: (object: KubeObject) => boolean,
): { type: Change['type']; object: KubeObject } | undefined {
  const { object, previous } = change;
  const isNow = change.type !== 'DELETED' && isSelected(object);
  const was = previous !== undefined && isSelected(previous);
  if (isNow) return { type: was ? 'MODIFIED' : 'ADDED', object };
  if (!was) return undefined;
  // Whoever watches by a selector gets to know the object as it last matched, with the version of the change.
  const { resourceVersion = '' } = object.metadata;
  return { type: 'DELETED', object: { ...previous, metadata: { ...previous.metadata, resourceVersion } } };
}
