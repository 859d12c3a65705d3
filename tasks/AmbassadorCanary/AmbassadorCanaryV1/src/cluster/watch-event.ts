import { asRecord, type KubeObject, valueAt } from '../release/kube-object.ts';
import { type Asked, readObject } from './read-object.ts';

/** What a watch tells. A `bookmark` only says up to where everything has been told. */
export type WatchEvent =
  | { readonly type: 'changed' | 'deleted'; readonly object: KubeObject; readonly resourceVersion: string }
  | { readonly type: 'bookmark'; readonly resourceVersion: string };

/** The server no longer knows what happened since our resource version (410): only a new list tells. */
export class HistoryGone extends Error {
  override readonly name = 'HistoryGone';
}

/**
 * Reads one line of a watch on objects of this kind. Throws `HistoryGone` for the server's own errors, of which a new list is the way out,
 * and an error for what no API server says.
 */
export function readWatchEvent(line: unknown, about: Asked): WatchEvent {
  const { type, object: told } = asRecord(line) ?? {};
  if (type === 'ERROR') throw new HistoryGone();
  const resourceVersion = valueAt(told, 'metadata', 'resourceVersion');
  if (type === 'BOOKMARK' && typeof resourceVersion === 'string')
    return { type: 'bookmark', resourceVersion };
  const object = readObject(told, about);
  if (object?.metadata.resourceVersion === undefined)
    throw new Error('a watch told something that is no event');
  const event = { object, resourceVersion: object.metadata.resourceVersion };
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'changed', ...event };
    case 'DELETED':
      return { type: 'deleted', ...event };
    default:
      throw new Error('a watch told something that is no event');
  }
}
