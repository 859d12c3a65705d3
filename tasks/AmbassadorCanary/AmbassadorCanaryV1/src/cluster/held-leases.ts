import { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { type KubeObject, nameOf } from '../release/kube-object.ts';
import type { Clock } from '../release/ports.ts';
import type { LeaseName, ReleaseRecord } from '../release/record.ts';
import { isSameJson } from '../release/same-json.ts';
import { unlessConflict } from './conflict.ts';
import { deleteLease } from './delete-lease.ts';
import type { KubeApi } from './kube-api.ts';
import { type Holding, leaseRef, leftLease, readLease, renewedLease } from './lease.ts';

export interface LeaseTiming {
  /** Without a renewal for this long, others take us for dead. Whole seconds. */
  readonly duration: Duration;
  readonly renewEvery: Duration;
}

const usualTiming: LeaseTiming = { duration: Duration.seconds(30), renewEvery: Duration.seconds(10) };

/** By then a holder that lives has tried to renew a Lease that was taken from it, and writes nothing more. */
export const noticedWithin = usualTiming.renewEvery.plus(Duration.seconds(2));

interface HeldLease {
  readonly place: LeaseName;
  /** As stored. */
  lease: KubeObject;
  /** What its holder before us left there, if so. */
  readonly left?: ReleaseRecord;
}

/** The Leases that we hold: renewed in the background, written by compare-and-swap, given back at the end. */
export class HeldLeases {
  readonly #held: HeldLease[] = [];
  readonly #lost = new AbortController();
  readonly #timing: LeaseTiming;
  #record: ReleaseRecord;
  /** One write at a time: each needs the resourceVersion that the one before brought. */
  #queue: Promise<unknown> = Promise.resolve();
  #renewal: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  /** By the clock, in milliseconds. */
  #expiresAt = Number.POSITIVE_INFINITY;

  constructor(
    private readonly api: KubeApi,
    private readonly clock: Clock,
    private readonly holder: string,
    record: ReleaseRecord,
    timing: LeaseTiming = usualTiming,
  ) {
    this.#record = record;
    this.#timing = timing;
  }

  /** Aborted, with `LOCK_LOST` as its reason, when another holds a Lease of ours, or could by now. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Throws `LOCK_LOST` where another holds a Lease of ours, or could by now. Asked before each write: a process that was frozen gets its
   * timers only after it has gone on with what it was about to do.
   */
  mustBeHeld(): void {
    this.noticeLoss();
    this.lost.throwIfAborted();
  }

  /** Loses them where they were not renewed in time, if no timer has said so yet. */
  noticeLoss(): void {
    if (this.#held.length > 0 && this.clock.now() >= this.#expiresAt) this.#lose(this.#overdue);
  }

  /** What our Leases say from now on. */
  get holding(): Holding {
    const { duration } = this.#timing;
    return { holder: this.holder, duration, record: this.#record, now: this.clock.now() };
  }

  /** From the next write on our Leases say this. */
  use(record: ReleaseRecord): void {
    this.#record = record;
  }

  /** Keeps a Lease that was just taken, by a write sent at `sentAt`, with what was left there. */
  add(place: LeaseName, lease: KubeObject, sentAt: number, left?: ReleaseRecord): void {
    this.#held.push({ place, lease, ...(left !== undefined && { left }) });
    if (this.#held.length > 1) return;
    this.#expectRenewal(sentAt);
    // A renewal that fails is tried again at the next; the expiry says when that was too long. Keeps no process alive.
    const renewAll = () => this.#exclusively(() => this.#renew(this.#held)).catch(() => {});
    this.#renewal = setInterval(renewAll, this.#timing.renewEvery.milliseconds).unref();
  }

  /** Writes the record into the first Lease; the others get it with their next renewal. */
  async write(record: ReleaseRecord): Promise<void> {
    this.lost.throwIfAborted();
    this.#record = record;
    const [first] = this.#held;
    // As when it was taken.
    if (first !== undefined && isSameJson(readLease(first.lease).record, record)) return;
    await this.#exclusively(() => this.#renew(this.#held.slice(0, 1)));
  }

  /** Deletes what is still ours. May be called again, also after it failed. */
  async free(): Promise<void> {
    this.#stopTimers();
    await this.#exclusively(async () => {
      // Backwards: who waits for the first then finds all others free.
      for (let last = this.#held.at(-1); last !== undefined; last = this.#held.at(-1)) {
        await deleteLease(this.api, this.holder, last);
        this.#held.pop();
      }
    });
  }

  /**
   * Lets go of all of them, which keep the record for whoever comes next. All say so before the first is free, because nobody
   * may take the record of a run that died for one that was left on purpose, or the other way round.
   */
  async leave(record: ReleaseRecord): Promise<void> {
    this.lost.throwIfAborted();
    this.#record = record;
    await this.#exclusively(() => this.#renew(this.#held));
    this.#stopTimers();
    await this.#exclusively(async () => {
      for (let last = this.#held.at(-1); last !== undefined; last = this.#held.at(-1)) {
        await this.#swap(last, leftLease);
        this.#held.pop();
      }
    });
  }

  /** Makes all as if we had never taken them: whoever comes next finds what was left there, and waits for nobody. */
  async giveBack(): Promise<void> {
    this.#stopTimers();
    await this.#exclusively(async () => {
      for (let last = this.#held.at(-1); last !== undefined; last = this.#held.at(-1)) {
        const { left } = last;
        if (left === undefined) await deleteLease(this.api, this.holder, last);
        else {
          this.#record = left;
          await this.#swap(last, leftLease);
        }
        this.#held.pop();
      }
    });
  }

  async #renew(held: readonly HeldLease[]): Promise<void> {
    this.lost.throwIfAborted();
    const sentAt = this.clock.now();
    await Promise.all(
      held.map(async one => {
        one.lease = await this.#swap(one, renewedLease);
      }),
    );
    if (held.length === this.#held.length && this.#renewal !== undefined) this.#expectRenewal(sentAt);
  }

  async #swap({ place, lease }: HeldLease, next: typeof renewedLease): Promise<KubeObject> {
    const swapped = await unlessConflict(() => this.api.replace(next(lease, this.holding)));
    if (swapped !== undefined) return swapped;
    // Somebody touched it, or took it, or an earlier try of ours got through unheard.
    const found = await this.api.get(leaseRef(place));
    if (found !== undefined && readLease(found).holder === this.holder) {
      return this.api.replace(next(found, this.holding));
    }
    this.#lose(found === undefined ? 'somebody deleted it' : `${readLease(found).owner} has taken it over`);
    throw this.lost.reason;
  }

  /** Others count from when they see a renewal, which is after we sent it: so we give up before anybody takes over. */
  #expectRenewal(sentAt: number): void {
    // What was written just now need not be renewed so soon.
    this.#renewal?.refresh();
    clearTimeout(this.#expiry);
    this.#expiresAt = sentAt + this.#timing.duration.milliseconds;
    const left = Math.max(0, this.#expiresAt - this.clock.now());
    this.#expiry = setTimeout(() => this.#lose(this.#overdue), left).unref();
  }

  get #overdue(): string {
    return `it could not be renewed for ${this.#timing.duration}`;
  }

  #lose(why: string): void {
    this.#stopTimers();
    const names = this.#held.map(({ place }) => nameOf(leaseRef(place))).join(', ');
    this.#lost.abort(
      new CanaryError('LOCK_LOST', `The lock of this release is lost (${names})`, {
        found: why,
        hint: 'Look at the other run; this one has stopped writing',
      }),
    );
  }

  #stopTimers(): void {
    clearInterval(this.#renewal);
    clearTimeout(this.#expiry);
    this.#renewal = undefined;
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }
}
