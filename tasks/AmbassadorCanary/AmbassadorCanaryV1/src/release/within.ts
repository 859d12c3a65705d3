import type { Duration } from './duration.ts';
import type { Clock } from './ports.ts';

/** What the promise brings, or `undefined` once this time has passed. The sleep never outlives the answer. */
export async function within<T>(clock: Clock, time: Duration, promise: Promise<T>): Promise<T | undefined> {
  const awake = new AbortController();
  try {
    return await Promise.race([promise, clock.sleep(time, awake.signal).then(() => undefined)]);
  } finally {
    awake.abort();
  }
}
