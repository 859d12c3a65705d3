import type { LeaseName, ReleaseRecord } from '../release/record.ts';
import { type LeaseWords, placeKey, pointerWords, recordWords } from './lease-words.ts';

/** What the Leases of a release say: the first carries the record, the others where that is. */
export class LeaseStory {
  readonly #keys: ReadonlySet<string>;
  #record: ReleaseRecord;
  /** Made when it is needed: a renewal may come long after many records. */
  #recordWords: LeaseWords | undefined;
  #pointerWords: LeaseWords | undefined;

  constructor(
    private readonly own: readonly [LeaseName, ...LeaseName[]],
    record: ReleaseRecord,
  ) {
    this.#keys = new Set(own.map(placeKey));
    this.#record = record;
  }

  get record(): ReleaseRecord {
    return this.#record;
  }

  /** From the next write of each on they say this. */
  use(record: ReleaseRecord): void {
    if (record === this.#record) return;
    this.#record = record;
    this.#recordWords = undefined;
    this.#pointerWords = undefined;
  }

  /** Whether this Lease carries the record. */
  isCarrier(place: LeaseName): boolean {
    return placeKey(place) === placeKey(this.own[0]);
  }

  /** Whether this Lease is of a workload of the release. */
  isOwn(place: LeaseName): boolean {
    return this.#keys.has(placeKey(place));
  }

  wordsFor(place: LeaseName): LeaseWords {
    if (this.isCarrier(place)) {
      this.#recordWords ??= recordWords(this.#record);
      return this.#recordWords;
    }
    this.#pointerWords ??= pointerWords(this.own[0], this.#record);
    return this.#pointerWords;
  }
}
