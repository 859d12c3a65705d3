import type { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { Clock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';

/** Time that passes only when the test says so: what is to happen before something is late has all the time of the world. */
export class HandClock implements Clock {
  readonly sleeps: string[] = [];
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  async sleep(time: Duration, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(time.toString());
    if (signal?.aborted || time.milliseconds === 0) return;
    await new Promise<void>(resolve => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { until: this.#now + time.milliseconds, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Lets so many milliseconds go by, and wakes whose time has come. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
    const due = [...this.#sleepers].filter(({ until }) => until <= this.#now);
    for (const { wake } of due.sort((a, b) => a.until - b.until)) wake();
  }

  protected get isAwaited(): boolean {
    return this.#sleepers.size > 0;
  }
}

/**
 * So many times faster than the machine's clock: what takes half a minute is over in a blink, in the right order. It goes on by
 * turns of the event loop, and only while somebody sleeps, so on a busy machine it is as slow as what it is held against.
 */
export class FastClock extends HandClock {
  #beat: NodeJS.Timeout | undefined;

  constructor(private readonly factor: number) {
    super();
  }

  override sleep(time: Duration, signal?: AbortSignal): Promise<void> {
    const sleeping = super.sleep(time, signal);
    this.#run();
    return sleeping;
  }

  /** One turn is a millisecond of the machine, or more. */
  #run(): void {
    if (this.#beat !== undefined || !this.isAwaited) return;
    this.#beat = setTimeout(() => {
      this.#beat = undefined;
      this.pass(this.factor);
      this.#run();
    }, 1);
  }
}
