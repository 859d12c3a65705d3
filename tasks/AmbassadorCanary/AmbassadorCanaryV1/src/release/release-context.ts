import { CanaryError } from './errors.ts';
import type { Phase, ReleaseEvent } from './events.ts';
import type { CanaryPlan } from './plan.ts';
import type { Ports } from './ports.ts';
import type { ReleaseRecord } from './record.ts';

/** What changes in the record while the release goes on. */
type Noted = Partial<
  Pick<ReleaseRecord, 'phase' | 'weight' | 'step' | 'evidence' | 'unverified' | 'capacity'>
>;

/** What the parts of one running release share: its plan, its ports, and where it stands. */
export class ReleaseContext {
  /** Aborts when the step is cancelled or the lock is lost. */
  readonly signal: AbortSignal;
  /** What to call when the release is over: one listener for however much is under way. */
  readonly #waiting = new Set<() => void>();
  readonly #underWay = new Set<Promise<unknown>>();
  #record: ReleaseRecord;

  constructor(
    readonly plan: CanaryPlan,
    readonly ports: Ports,
    record: ReleaseRecord,
  ) {
    this.#record = record;
    this.signal = AbortSignal.any([ports.pipeline.cancelled, ports.lock.lost]);
    this.signal.addEventListener('abort', () => this.#waiting.forEach(leave => void leave()));
  }

  get record(): ReleaseRecord {
    return this.#record;
  }

  tell(event: ReleaseEvent): void {
    this.ports.pipeline.tell(event);
  }

  /** Writes phase and weight into the record before they become true, so that whoever comes after a crash assumes the worst. */
  async note(change: Noted): Promise<void> {
    this.#record = { ...this.#record, ...change };
    await this.while(this.ports.lock.write(this.#record));
  }

  /**
   * Has the next write of the record say this as well, with no request of its own: for what has come true, and what whoever comes after a
   * crash may fail to learn, because doing it once more harms nobody.
   */
  noteLater(change: Noted): void {
    this.#record = { ...this.#record, ...change };
    this.ports.lock.writeLater(this.#record);
  }

  /** Told only once it is noted: who reads of it in the log finds it in the record. */
  async enter(phase: Phase): Promise<void> {
    await this.note({ phase });
    this.tell({ type: 'phase', phase });
  }

  /**
   * The result of `work`, unless the release has to end first: then rejects at once, without waiting for a server that
   * may hang, because the stop has 50 ms (DESIGN promise 3).
   */
  async while<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    // Where the release ended first, nobody is left to hear how the work went.
    const settled = () => void this.#underWay.delete(work);
    work.then(settled, settled);
    this.throwIfOver();
    let leave: () => void = () => {};
    const over = new Promise<never>((_, reject) => {
      leave = () => reject(this.#whyOver());
      this.#waiting.add(leave);
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      this.#waiting.delete(leave);
    }
  }

  /** Resolves when what nobody waits for any more is done all the same; `undefined` where there is no such work. */
  underWay(): Promise<unknown> | undefined {
    return this.#underWay.size === 0 ? undefined : Promise.allSettled(this.#underWay);
  }

  throwIfOver(): void {
    if (this.signal.aborted) throw this.#whyOver();
  }

  #whyOver(): CanaryError {
    if (this.ports.lock.lost.aborted) {
      return new CanaryError('LOCK_LOST', 'Another run has taken over this release', {
        hint: 'This run writes nothing more; look at the other run for the outcome',
      });
    }
    return new CanaryError('CANCELLED', 'The step was cancelled');
  }
}
