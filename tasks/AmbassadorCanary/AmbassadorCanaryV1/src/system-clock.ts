import type { Duration } from './release/duration.ts';
import type { Clock } from './release/ports.ts';

/** The clock of the machine. A sleep keeps the process alive and ends early when its signal aborts. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  async sleep(time: Duration, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    await new Promise<void>(resolve => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, time.milliseconds);
      signal?.addEventListener('abort', done);
    });
  }
}
