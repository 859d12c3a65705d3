import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeList, KubeObject, WatchEvent } from './kube-objects.ts';

/** What a watcher wants to hear. Handlers are called one after the other and must not throw. */
export interface WatchHandlers<T extends KubeObject = KubeObject> {
  /** The whole truth at one moment: at the start, and again after the watch was lost. */
  readonly onList: (items: T[]) => void;
  readonly onEvent: (event: WatchEvent<T>) => void;
  /** A list or watch that failed; it is asked again anyway. */
  readonly onError?: (error: Error) => void;
}

/** The two requests that a watch is made of. */
export interface WatchSource<T extends KubeObject> {
  readonly list: () => Promise<KubeList<T>>;
  readonly open: (query: URLSearchParams) => Promise<IncomingMessage>;
}

const firstRetryMs = 50;
const longestRetryMs = 1000;

/** Lists, watches, and does so again after every loss until the signal is aborted. Never rejects. */
export async function watchResource<T extends KubeObject>(
  source: WatchSource<T>,
  handlers: WatchHandlers<T>,
  signal: AbortSignal,
): Promise<void> {
  // Many watches may share one signal; each is one listener more, and that is no leak.
  setMaxListeners(0, signal);
  let retryMs = firstRetryMs;
  while (!signal.aborted) {
    try {
      const { metadata, items } = await source.list();
      if (signal.aborted) return;
      handlers.onList(items);
      retryMs = firstRetryMs;
      let version: string | undefined = metadata.resourceVersion;
      // A server ends a quiet watch in good order after some minutes: then the watch goes on where it was.
      while (version !== undefined && !signal.aborted) {
        version = await watchOnce(source, handlers, version);
        await sleep(firstRetryMs, undefined, { signal });
      }
    } catch (error) {
      if (signal.aborted) return;
      handlers.onError?.(error as Error);
      await sleep(retryMs, undefined, { signal }).catch(() => {});
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    }
  }
}

/** Watches until the server ends it. Gives the version to go on from, or undefined when that has expired (410). */
async function watchOnce<T extends KubeObject>(
  source: WatchSource<T>,
  handlers: WatchHandlers<T>,
  from: string,
): Promise<string | undefined> {
  const query = new URLSearchParams({ watch: '1', allowWatchBookmarks: 'true', resourceVersion: from });
  const answer = await source.open(query);
  let version = from;
  for await (const line of lines(answer)) {
    const event = JSON.parse(line) as { type: string; object: T };
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        version = event.object.metadata.resourceVersion ?? version;
        handlers.onEvent(event as WatchEvent<T>);
        break;
      case 'BOOKMARK':
        version = event.object.metadata.resourceVersion ?? version;
        break;
      default: {
        const status = event.object as unknown as { code?: number; message?: string };
        if (status.code === 410) return undefined;
        throw new Error(`the watch ended with ${status.code}: ${status.message}`);
      }
    }
  }
  return version;
}

async function* lines(answer: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') yield part;
  }
}
