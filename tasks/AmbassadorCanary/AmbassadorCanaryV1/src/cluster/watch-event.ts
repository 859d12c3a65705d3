import { asRecord, type KubeObject, valueAt } from '../release/kube-object.ts';

/** What a watch tells. A `bookmark` only says up to where everything has been told. */
export type WatchEvent =
  | { readonly type: 'changed' | 'deleted'; readonly object: KubeObject; readonly resourceVersion: string }
  | { readonly type: 'bookmark'; readonly resourceVersion: string };

/** The server no longer knows what happened since our resource version (410): only a new list tells. */
export class HistoryGone extends Error {
  override readonly name = 'HistoryGone';
}

/** Reads one line of a watch. Throws `HistoryGone` for the server's own errors: a new list is the way out of each. */
export function readWatchEvent(line: unknown): WatchEvent {
  const { type, object } = asRecord(line) ?? {};
  const resourceVersion = valueAt(object, 'metadata', 'resourceVersion');
  if (type === 'ERROR') throw new HistoryGone(String(valueAt(object, 'message') ?? ''));
  if (typeof resourceVersion !== 'string') throw new Error('a watch told something that is no event');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'changed', object: object as KubeObject, resourceVersion };
    case 'DELETED':
      return { type: 'deleted', object: object as KubeObject, resourceVersion };
    default:
      return { type: 'bookmark', resourceVersion };
  }
}
