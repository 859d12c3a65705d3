import { randomUUID } from 'node:crypto';
import { sortedLocks } from '../manifests/release-name.ts';
import type { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { mergeRecords } from '../release/merge-records.ts';
import type { Clock, Lock } from '../release/ports.ts';
import type { LeaseName, ReleaseRecord } from '../release/record.ts';
import { HeldLeases, type LeaseTiming } from './held-leases.ts';
import type { KubeApi } from './kube-api.ts';
import { LeaseStory } from './lease-story.ts';
import { LeaseTaking, type Needed } from './take-leases.ts';

export interface LeaseLockOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  /**
   * One a release target, at least one. Taken in an order that is the same for everybody, however they are listed: else two releases
   * could each hold what the other waits for. The first in that order carries the record.
   */
  readonly leases: readonly LeaseName[];
  /** How long to wait for a living holder to end. */
  readonly lockTimeout: Duration;
  readonly onProgress: (text: string) => void;
  /** Ends waiting for the lock. */
  readonly cancelled: AbortSignal;
  /** 30 s, renewed every 10 s, unless told. */
  readonly timing?: LeaseTiming;
}

/**
 * Lock and record in one Lease a release target, changed by compare-and-swap only. All are taken or none. The first carries the
 * record, the others lead there. Where one that was left leads to a Lease outside of them, that is taken as well, until what was left
 * is dealt with: nobody else who finds a part of the same release deals with it at the same time.
 */
export class LeaseLock implements Lock {
  readonly #options: LeaseLockOptions;
  readonly #own: readonly LeaseName[];
  readonly #lost = new AbortController();
  #held: HeldLeases | undefined;

  constructor(options: LeaseLockOptions) {
    this.#options = options;
    this.#own = sortedLocks(options.leases);
  }

  /** As of now: a process that was frozen may ask before its timers have told. */
  get lost(): AbortSignal {
    this.#held?.noticeLoss();
    return this.#lost.signal;
  }

  /** See `Lock.take`. Rejects with `LOCKED`, `FOREIGN_OBJECT`, `CANCELLED`, what the cluster refuses, or `takeOver` throws. */
  async take(
    record: ReleaseRecord,
    takeOver: (left: ReleaseRecord) => ReleaseRecord = () => record,
  ): Promise<ReleaseRecord | undefined> {
    const { api, clock, lockTimeout, timing } = this.#options;
    const [first, ...rest] = this.#own;
    if (first === undefined) throw new CanaryError('INTERNAL', 'A lock of nothing was to be taken');
    // A second process of the same attempt is another holder.
    const holder = `${record.run.id}/${randomUUID()}`;
    const held = new HeldLeases(api, clock, holder, new LeaseStory([first, ...rest], record), timing);
    held.lost.addEventListener('abort', () => this.#lost.abort(held.lost.reason), { once: true });
    this.#held = held;
    const until = clock.now() + lockTimeout.milliseconds;
    const needed: Needed[] = [];
    for (;;) {
      held.story.use(record);
      const found = new Map<LeaseName, ReleaseRecord>();
      const learn = (place: LeaseName, leftThere: ReleaseRecord) => {
        const left = mergeRecords([...found.set(place, leftThere).values()]) ?? leftThere;
        held.story.use(takeOver(left));
      };
      const taking = new LeaseTaking(held, { ...this.#options, holder, run: record.run.id, until, learn });
      try {
        const more = await taking.takeAll(this.#own, needed);
        if (more === undefined) {
          held.lost.throwIfAborted();
          return mergeRecords([...found.values()]);
        }
        needed.push(more);
      } catch (error) {
        // Why it could not be taken matters more than a Lease that stays behind and is dead after its duration.
        await held.giveBack().catch(() => {});
        throw error;
      }
      // In the order of all, so from the start.
      await held.giveBack();
    }
  }

  async write(record: ReleaseRecord): Promise<void> {
    await this.#taken().write(record);
  }

  writeLater(record: ReleaseRecord): void {
    this.#taken().story.use(record);
  }

  async release(): Promise<void> {
    await this.#held?.free();
  }

  async leave(record: ReleaseRecord): Promise<void> {
    await this.#taken().leave(record);
  }

  /** Throws `LOCK_LOST` where another holds the lock, or could by now: from then on nothing may be written. */
  mustBeHeld(): void {
    this.#held?.mustBeHeld();
  }

  #taken(): HeldLeases {
    if (this.#held !== undefined) return this.#held;
    throw new CanaryError('INTERNAL', 'A record was written before the lock was taken');
  }
}
