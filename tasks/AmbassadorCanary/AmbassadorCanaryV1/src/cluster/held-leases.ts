import { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import { type KubeObject, nameOf } from '../release/kube-object.ts';
import { isSameRelease } from '../release/merge-records.ts';
import type { Clock } from '../release/ports.ts';
import type { LeaseName, ReleaseRecord } from '../release/record.ts';
import { isSameJson } from '../release/same-json.ts';
import { unlessConflict } from './conflict.ts';
import { deleteLease } from './delete-lease.ts';
import { inParallel } from './in-parallel.ts';
import type { KubeApi } from './kube-api.ts';
import { type Holding, leaseRef, leftLease, readLease, renewedLease } from './lease.ts';
import type { LeaseStory } from './lease-story.ts';
import { type LeaseWords, wordsOf } from './lease-words.ts';

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
  /** What it said before we took it. Absent where we made it. */
  readonly before?: LeaseWords;
}

/**
 * The Leases that we hold: written by compare-and-swap, given back at the end. The one with the record is renewed in the background, for all
 * that lead there. What others left in them stays there until the record that takes its place is written.
 */
export class HeldLeases {
  readonly #held: HeldLease[] = [];
  readonly #lost = new AbortController();
  readonly #timing: LeaseTiming;
  /** What was left in them has been learnt, so that it may be written over. */
  #published = false;
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
    /** From the next write of each on they say what this does. */
    readonly story: LeaseStory,
    timing: LeaseTiming = usualTiming,
  ) {
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

  /** As a Lease is to be taken: one in which something was left goes on saying it, but for the one that carries our record. */
  takingOf(place: LeaseName, isNew: boolean): Holding {
    return this.#holding(isNew || this.story.isCarrier(place) ? this.story.wordsFor(place) : undefined);
  }

  /** Keeps a Lease that was just taken, by a write sent at `sentAt`, with what it said before. */
  add(place: LeaseName, lease: KubeObject, sentAt: number, before?: LeaseWords): void {
    this.#held.push({ place, lease, ...(before !== undefined && { before }) });
    if (this.#held.length > 1) return;
    this.#expectRenewal(sentAt);
    // A renewal that fails is tried again at the next; the expiry says when that was too long. Keeps no process alive.
    const renewAll = () => this.#exclusively(() => this.#renew(this.#bearing())).catch(() => {});
    this.#renewal = setInterval(renewAll, this.#timing.renewEvery.milliseconds).unref();
  }

  /** All were taken: what was left in them is in the record by now, and they say so, first the one that carries it. */
  async publish(): Promise<void> {
    await this.#exclusively(async () => {
      this.#published = true;
      await this.#tellAll();
    });
  }

  /**
   * Writes the record. Where it is of another release than before, the other Leases are told as well, and those that were taken only for
   * what an earlier release had left are deleted.
   */
  async write(record: ReleaseRecord): Promise<void> {
    this.lost.throwIfAborted();
    const isOther = !isSameRelease(record, this.story.record);
    this.story.use(record);
    await this.#exclusively(async () => {
      await this.#tellAll();
      if (isOther) await this.#deleteOthers();
    });
  }

  /** Deletes what is still ours. May be called again, also after it failed. */
  async free(): Promise<void> {
    this.#stopTimers();
    await this.#exclusively(() => this.#letGo(one => deleteLease(this.api, this.holder, one)));
  }

  /**
   * Lets go of all of them, which keep the record for whoever comes next. It is written before the first is free, because nobody
   * may take the record of a run that died for one that was left on purpose, or the other way round.
   */
  async leave(record: ReleaseRecord): Promise<void> {
    this.lost.throwIfAborted();
    this.story.use(record);
    await this.#exclusively(() => this.#tellAll());
    this.#stopTimers();
    await this.#exclusively(() => this.#letGo(one => this.#swap(one, leftLease)));
  }

  /** Makes all as if we had never taken them: whoever comes next finds what was left there, and waits for nobody. */
  async giveBack(): Promise<void> {
    this.#stopTimers();
    await this.#exclusively(async () => {
      await this.#letGo(one =>
        one.before === undefined
          ? deleteLease(this.api, this.holder, one)
          : this.#swap(one, leftLease, one.before),
      );
      this.#published = false;
    });
  }

  /** Last the one that carries the record: who waits for that finds all others free, and who finds another is led to it until then. */
  async #letGo(give: (one: HeldLease) => Promise<unknown>): Promise<void> {
    const giveUp = async (one: HeldLease) => {
      await give(one);
      this.#held.splice(this.#held.indexOf(one), 1);
    };
    await inParallel(
      this.#held.filter(({ place }) => !this.story.isCarrier(place)),
      giveUp,
    );
    await inParallel(
      this.#held.filter(({ place }) => this.story.isCarrier(place)),
      giveUp,
    );
  }

  #holding(words?: LeaseWords): Holding {
    const { release } = this.story.record;
    const rest = { holder: this.holder, duration: this.#timing.duration, release, now: this.clock.now() };
    return words === undefined ? rest : { ...rest, words };
  }

  /** Has those say the latest that do not: first the one that carries the record, so that nobody is led to a Lease that knows nothing. */
  async #tellAll(): Promise<void> {
    const untold = this.#held.filter(
      ({ place, lease }) => !isSameJson(wordsOf(lease), this.story.wordsFor(place)),
    );
    await this.#renew(untold.filter(({ place }) => this.story.isCarrier(place)));
    await this.#renew(untold.filter(({ place }) => !this.story.isCarrier(place)));
  }

  async #deleteOthers(): Promise<void> {
    for (const other of this.#held.filter(({ place }) => !this.story.isOwn(place))) {
      await deleteLease(this.api, this.holder, other);
      this.#held.splice(this.#held.indexOf(other), 1);
    }
  }

  /** Those that show that we live: for all that lead to the one with the record that does (`awaitFreeLease`). */
  #bearing(): readonly HeldLease[] {
    return this.#held.filter(({ place, lease }) => {
      if (this.story.isCarrier(place)) return true;
      const { pointer } = readLease(lease);
      return pointer === undefined || !this.story.isCarrier(pointer);
    });
  }

  async #renew(held: readonly HeldLease[]): Promise<void> {
    this.lost.throwIfAborted();
    const sentAt = this.clock.now();
    await inParallel(held, async one => {
      one.lease = await this.#swap(one, renewedLease);
    });
    const isAll = this.#bearing().every(one => held.includes(one));
    if (isAll && this.#renewal !== undefined) this.#expectRenewal(sentAt);
  }

  async #swap(
    { place, lease, before }: HeldLease,
    next: typeof renewedLease,
    words = this.#published || before === undefined || this.story.isCarrier(place)
      ? this.story.wordsFor(place)
      : undefined,
  ): Promise<KubeObject> {
    // Who waits behind hundreds of writes with the one that is renewed is taken for dead.
    const options = this.story.isCarrier(place) ? { urgent: true } : {};
    const swapped = await unlessConflict(() => this.api.replace(next(lease, this.#holding(words)), options));
    if (swapped !== undefined) return swapped;
    // Somebody touched it, or took it, or an earlier try of ours got through unheard.
    const found = await this.api.get(leaseRef(place));
    if (found !== undefined && readLease(found).holder === this.holder) {
      return this.api.replace(next(found, this.#holding(words)), options);
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
