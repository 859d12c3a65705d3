import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  readonly limitMs?: number;
  readonly everyMs?: number;
}

/**
 * Asks again and again until `probe` gives something other than undefined or false, and gives that.
 * Throws with `what`, and with the last error if there was one, when `limitMs` (default 30 s) are over.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { limitMs = 30_000, everyMs = 50 }: UntilOptions = {},
): Promise<T> {
  const end = Date.now() + limitMs;
  let last: unknown;
  do {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await sleep(everyMs);
  } while (Date.now() < end);
  throw new Error(`after ${limitMs} ms still not: ${what}${last ? ` (${(last as Error).message})` : ''}`);
}
