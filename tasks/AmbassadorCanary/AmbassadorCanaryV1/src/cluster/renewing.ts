/** Something that is good for a while. */
export interface Perishable<T> {
  readonly value: T;
  /** In milliseconds since the epoch. Absent: for ever. */
  readonly expiresAt?: number | undefined;
}

/** A token must outlast what is begun with it: the last two minutes of its life count as over (DESIGN, step 6). */
const spareTime = 2 * 60_000;
/** Before that it is renewed while the old one still serves, so that nobody waits for it: least of all the stop. */
const earlyTime = 5 * 60_000;
/** Who could not renew it is not asked again for so long, while the old one lives. */
const patience = 30_000;

/**
 * Keeps something that expires, such as a token, and renews it in time. One renewal serves all who wait. Of a life that is short the
 * last quarter counts as over, else each request would ask anew. While it lives, a renewal that fails harms nobody.
 */
export class Renewing<T> {
  readonly #renew: () => Promise<Perishable<T>>;
  readonly #now: () => number;
  #known: { readonly value: T; readonly endsAt: number; readonly life: number } | undefined;
  #running: Promise<T> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  /** `now` is in milliseconds since the epoch. */
  constructor(renew: () => Promise<Perishable<T>>, now: () => number) {
    this.#renew = renew;
    this.#now = now;
  }

  /** One that has time left. Rejects as the renewal does, where there is none. */
  async current(): Promise<T> {
    const known = this.#known;
    const now = this.#now();
    const left = known === undefined ? 0 : known.endsAt - now;
    if (known === undefined || left <= 0) return this.#renewed();
    if (left > Math.min(earlyTime, known.life / 2)) return known.value;
    if (now - this.#failedAt < patience) return known.value;
    const renewal = this.#renewed().catch(() => known.value);
    return left > Math.min(spareTime, known.life / 4) ? known.value : renewal;
  }

  /** It was not taken: the next one will be another. What has been renewed meanwhile stays. */
  drop(value: T): void {
    if (this.#known?.value === value) this.#known = undefined;
  }

  #renewed(): Promise<T> {
    this.#running ??= this.#take().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #take(): Promise<T> {
    try {
      const { value, expiresAt = Number.POSITIVE_INFINITY } = await this.#renew();
      this.#known = { value, endsAt: expiresAt, life: Math.max(0, expiresAt - this.#now()) };
      return value;
    } catch (error) {
      this.#failedAt = this.#now();
      throw error;
    }
  }
}
