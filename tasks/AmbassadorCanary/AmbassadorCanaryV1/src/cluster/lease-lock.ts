import { randomUUID } from 'node:crypto';
import type { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { type KubeObject, nameOf } from '../release/kube-object.ts';
import { mergeRecords } from '../release/merge-records.ts';
import { releaseLabel } from '../release/plan.ts';
import type { Clock, Lock } from '../release/ports.ts';
import type { LeaseName, ReleaseRecord } from '../release/record.ts';
import { unlessConflict } from './conflict.ts';
import { HeldLeases, type LeaseTiming } from './held-leases.ts';
import type { KubeApi } from './kube-api.ts';
import { leaseRef, newLease, readLease, recordAnnotation, takenLease } from './lease.ts';
import { awaitFreeLease } from './lease-holder.ts';

export interface LeaseLockOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  /**
   * One a release target. Taken in this order, which has to be the same for everybody (sorted, as `locksOf` gives them):
   * else two releases could each hold what the other waits for. Who looks for the record looks at the first.
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
 * Lock and record in one Lease a release target, changed by compare-and-swap only. All are taken or none. Each
 * carries the record: the first always the latest, the others as of their last renewal.
 */
export class LeaseLock implements Lock {
  readonly #options: LeaseLockOptions;
  readonly #places: readonly LeaseName[];
  readonly #lost = new AbortController();
  #held: HeldLeases | undefined;

  constructor(options: LeaseLockOptions) {
    this.#options = options;
    this.#places = [
      ...new Map(options.leases.map(place => [`${place.namespace}/${place.name}`, place])).values(),
    ];
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
    // A second process of the same attempt is another holder.
    const held = new HeldLeases(api, clock, `${record.run.id}/${randomUUID()}`, record, timing);
    held.lost.addEventListener('abort', () => this.#lost.abort(held.lost.reason), { once: true });
    this.#held = held;
    const until = clock.now() + lockTimeout.milliseconds;
    const found = new Map<LeaseName, ReleaseRecord>();
    const learn = (place: LeaseName, leftThere: ReleaseRecord) => {
      const left = mergeRecords([...found.set(place, leftThere).values()]) ?? leftThere;
      held.use(takeOver(left));
    };
    try {
      for (const place of this.#places) await this.#takeOne(place, held, until, learn);
      // The first may have been taken before it was known what the others say.
      if (found.size > 0 && this.#places.length > 1) await held.write(held.holding.record);
      held.lost.throwIfAborted();
    } catch (error) {
      // Why it could not be taken matters more than a Lease that stays behind and is dead after its duration.
      await held.giveBack().catch(() => {});
      throw error;
    }
    return mergeRecords([...found.values()]);
  }

  async write(record: ReleaseRecord): Promise<void> {
    await this.#taken().write(record);
  }

  writeLater(record: ReleaseRecord): void {
    this.#taken().use(record);
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

  async #takeOne(
    place: LeaseName,
    held: HeldLeases,
    until: number,
    learn: (place: LeaseName, left: ReleaseRecord) => void,
  ): Promise<void> {
    const { api, clock, onProgress, cancelled } = this.#options;
    for (;;) {
      held.lost.throwIfAborted();
      if (cancelled.aborted) throw new CanaryError('CANCELLED', 'Cancelled while taking the lock');
      const sentAt = clock.now();
      const found = await api.get(leaseRef(place));
      if (found === undefined) {
        const lease = await unlessConflict(() => api.create(newLease(place, held.holding)));
        if (lease === undefined) continue;
        held.add(place, lease, sentAt);
        return;
      }
      const { isOurs, holder, record } = readLease(found);
      if (!isOurs) throw foreign(place);
      if (holder === held.holding.holder) {
        // The answer to an earlier try was lost on the way.
        held.add(place, found, sentAt);
        return;
      }
      // The agent starts a retry or the post-job entry of an attempt only when the process before is over. Nobody has to be
      // waited for, and users may be on a canary that nobody watches. Should that process live on, it loses the lock.
      const isOfOurRun = record !== undefined && record.run.id === held.holding.record.run.id;
      const free =
        holder === undefined || isOfOurRun
          ? found
          : await awaitFreeLease(api, clock, place, found, { until, onProgress, signal: cancelled });
      if (free === undefined) continue;
      const left = this.#leftoverOf(free);
      if (left !== undefined) learn(place, left);
      const takenAt = clock.now();
      const lease = await unlessConflict(() => api.replace(takenLease(free, held.holding)));
      if (lease === undefined) continue;
      held.add(place, lease, takenAt, left);
      return;
    }
  }

  #leftoverOf(lease: KubeObject): ReleaseRecord | undefined {
    const { record } = readLease(lease);
    if (record === undefined) {
      const none = lease.metadata.annotations?.[recordAnnotation] === undefined;
      this.#options.onProgress(
        `The run that held ${lease.metadata.name} before left ${none ? 'no record' : 'a record that cannot be read'}: what else it left behind is not known`,
      );
    }
    return record;
  }
}

function foreign(place: LeaseName): CanaryError {
  return new CanaryError(
    'FOREIGN_OBJECT',
    `${nameOf(leaseRef(place))} is not ours, and the lock needs its name`,
    {
      expected: `no such Lease, or one with the label ${releaseLabel}`,
      hint: 'Rename or delete it, if nobody needs it',
    },
  );
}
