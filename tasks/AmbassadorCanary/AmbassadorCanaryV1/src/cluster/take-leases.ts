import { sortedLocks } from '../manifests/release-name.ts';
import { CanaryError } from '../release/errors.ts';
import { type KubeObject, nameOf } from '../release/kube-object.ts';
import { isSameRelease } from '../release/merge-records.ts';
import { releaseLabel } from '../release/plan.ts';
import type { Clock } from '../release/ports.ts';
import type { LeaseName, ReleaseRecord } from '../release/record.ts';
import { unlessConflict } from './conflict.ts';
import { type FoundRecord, followPointer } from './find-record.ts';
import type { HeldLeases } from './held-leases.ts';
import { inParallel } from './in-parallel.ts';
import type { KubeApi } from './kube-api.ts';
import { leaseRef, newLease, readLease, takenLease } from './lease.ts';
import { awaitFreeLease, livingSign } from './lease-holder.ts';
import { type LeaseWords, placeKey, wordsOf } from './lease-words.ts';
import { pointerTo } from './read-pointer.ts';

/** A Lease of a release that left a part of its canary here: whoever deals with that takes it, too. */
export interface Needed {
  readonly place: LeaseName;
  /** As long as that Lease carries the record of this release. */
  readonly left: ReleaseRecord;
}

export interface TakingOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly onProgress: (text: string) => void;
  readonly cancelled: AbortSignal;
  /** Who takes them. */
  readonly holder: string;
  /** The id of its run. */
  readonly run: string;
  /** When waiting for living holders ends, in milliseconds of the clock. */
  readonly until: number;
  /** Told what an earlier run left, before what says so may be written over. */
  readonly learn: (place: LeaseName, left: ReleaseRecord) => void;
}

/** One try to take a number of Leases, all of them in an order that is the same for everybody. */
export class LeaseTaking {
  /** Holders that were not heard of for their whole duration, or have a Lease that was free to be taken. */
  readonly #dead = new Set<string>();

  constructor(
    private readonly held: HeldLeases,
    private readonly options: TakingOptions,
  ) {}

  /** Resolves to what else has to be taken where that is found out, with a part of them taken. */
  async takeAll(own: readonly LeaseName[], needed: readonly Needed[]): Promise<Needed | undefined> {
    const guests = new Map(needed.map(one => [placeKey(one.place), one]));
    const all = sortedLocks([...own, ...needed.map(({ place }) => place)]);
    const known = new Set(all.map(placeKey));
    // Where there are many, mostly none is there yet.
    const absent = new Set<string>();
    if (all.length > 1) {
      await inParallel(all, async place => {
        if ((await this.options.api.get(leaseRef(place))) === undefined) absent.add(placeKey(place));
      });
    }
    for (const place of all) {
      const more = await this.#takeOne(place, known, {
        guest: guests.get(placeKey(place)),
        isAbsent: absent.has(placeKey(place)),
      });
      if (more !== undefined) return more;
    }
    await this.held.publish();
    return undefined;
  }

  /** A guest is not of our release, and left alone where it is no longer needed. */
  async #takeOne(
    place: LeaseName,
    known: ReadonlySet<string>,
    { guest, isAbsent }: { readonly guest: Needed | undefined; readonly isAbsent: boolean },
  ): Promise<Needed | undefined> {
    const { held } = this;
    const { api, clock, onProgress, cancelled, holder: own, run, until, learn } = this.options;
    const isOver = (lease: KubeObject) => {
      const { record } = readLease(lease);
      return guest !== undefined && (record === undefined || !isSameRelease(record, guest.left));
    };
    let before: LeaseWords | undefined;
    for (let tries = 0; ; tries++) {
      held.lost.throwIfAborted();
      if (cancelled.aborted) throw new CanaryError('CANCELLED', 'Cancelled while taking the lock');
      const sentAt = clock.now();
      const found = isAbsent && tries === 0 ? undefined : await api.get(leaseRef(place));
      if (found === undefined) {
        if (guest !== undefined) return undefined;
        const lease = await unlessConflict(() => api.create(newLease(place, held.takingOf(place, true))));
        if (lease === undefined) continue;
        held.add(place, lease, sentAt);
        return undefined;
      }
      const { isOurs, holder, run: itsRun } = readLease(found);
      if (!isOurs) throw foreign(place);
      if (holder === own) {
        // The answer to an earlier try was lost on the way.
        held.add(place, found, sentAt, before);
        return undefined;
      }
      if (guest !== undefined && isOver(found)) return this.#movedFrom(guest, known);
      const needed = await this.#neededFor(found, known);
      if (needed !== undefined) return needed;
      // The agent starts a retry or the post-job entry of an attempt only when the process before is over. Nobody has to be
      // waited for, and users may be on a canary that nobody watches. Should that process live on, it loses the lock.
      let free: KubeObject | undefined = found;
      if (holder !== undefined && itsRun?.id !== run && !this.#isKnownDead(found)) {
        const sign = await livingSign(api, place, found);
        const patience = { until, onProgress, signal: cancelled };
        if (sign.lease === found) {
          free = await awaitFreeLease(api, clock, place, found, { ...patience, isOver });
          if (free === undefined) continue;
          if (guest !== undefined && isOver(free)) return this.#movedFrom(guest, known);
        } else {
          const isOther = (carrier: KubeObject) => readLease(carrier).holder !== holder;
          const left = await awaitFreeLease(api, clock, sign.place, sign.lease, {
            ...patience,
            isOver: isOther,
          });
          // Its holder has ended or was not heard of: what became of this one is to be seen.
          if (left !== undefined && !isOther(left)) this.#dead.add(holder);
          continue;
        }
      }
      const left = this.#leftIn(free);
      if (left !== undefined) learn(place, left);
      if (holder !== undefined) this.#dead.add(holder);
      const takenAt = clock.now();
      before = wordsOf(free);
      const lease = await unlessConflict(() => api.replace(takenLease(free, held.takingOf(place, false))));
      if (lease === undefined) continue;
      held.add(place, lease, takenAt, before);
      return undefined;
    }
  }

  /** Seen dead: it is not waited for again in another Lease of its. */
  #isKnownDead(lease: KubeObject): boolean {
    const { holder } = readLease(lease);
    return holder !== undefined && this.#dead.has(holder);
  }

  /** Where whoever took the release over keeps the record that was here, if that is still of it. */
  async #movedFrom({ place, left }: Needed, known: ReadonlySet<string>): Promise<Needed | undefined> {
    return this.#unlessKnown(await followPointer(pointerTo(place, left), this.options.api), known);
  }

  /** The Lease outside of the `known` ones that this one leads to, if that still carries the record of its release. */
  async #neededFor(lease: KubeObject, known: ReadonlySet<string>): Promise<Needed | undefined> {
    const { pointer } = readLease(lease);
    if (pointer === undefined || known.has(placeKey(pointer))) return undefined;
    return this.#unlessKnown(await followPointer(pointer, this.options.api), known);
  }

  #unlessKnown(found: FoundRecord | undefined, known: ReadonlySet<string>): Needed | undefined {
    if (found === undefined || known.has(placeKey(found.place))) return undefined;
    return { place: found.place, left: found.record };
  }

  /** The record that a free Lease carries. */
  #leftIn(lease: KubeObject): ReleaseRecord | undefined {
    const { record, pointer } = readLease(lease);
    if (record === undefined && pointer === undefined) {
      const none = Object.keys(wordsOf(lease)).length === 0;
      this.options.onProgress(
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
