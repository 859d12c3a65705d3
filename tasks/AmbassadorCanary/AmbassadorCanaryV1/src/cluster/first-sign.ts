import { setMaxListeners } from 'node:events';

/** Watches until its signal, and resolves to the first sign that it sees. */
export type Watch = (signal: AbortSignal) => Promise<string | undefined>;

/** The first sign that one of these watches sees; all end with it. `undefined` when the signal aborts. */
export async function firstSign(signal: AbortSignal, watches: readonly Watch[]): Promise<string | undefined> {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const end = () => stop.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    const over = new Promise<undefined>(resolve => {
      stop.signal.addEventListener('abort', () => resolve(undefined), { once: true });
      if (stop.signal.aborted) resolve(undefined);
    });
    return await Promise.race([over, ...watches.map(watch => watch(stop.signal))]);
  } finally {
    signal.removeEventListener('abort', end);
    stop.abort();
  }
}
