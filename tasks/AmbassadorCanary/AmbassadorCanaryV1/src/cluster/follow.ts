import { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import type { KubeObject } from '../release/kube-object.ts';
import type { Clock } from '../release/ports.ts';
import type { Collection, Listing } from './collection.ts';
import type { KubeApi } from './kube-api.ts';
import { HistoryGone } from './watch-event.ts';

/** What became of a collection: all of it at one moment, then each change. */
export type Change =
  | { readonly type: 'listed'; readonly objects: readonly KubeObject[] }
  | { readonly type: 'changed' | 'deleted'; readonly object: KubeObject };

/**
 * Lists (or goes on from where `known` was true), then tells each change as it happens, until the signal. A watch that ends or breaks is taken up where it was;
 * where that can't be (410) a new `listed` tells the whole truth. Rejects where it may not, or at first cannot, ask;
 * once it has begun, a server that is away for a while is waited for.
 */
export async function* follow(
  api: KubeApi,
  clock: Clock,
  collection: Collection,
  signal: AbortSignal,
  known?: Listing,
): AsyncGenerator<Change, void> {
  const pace = new Pace(clock, signal);
  let listing: Listing | undefined = known ?? (await api.list(collection, signal));
  while (!signal.aborted) {
    if (listing !== undefined) {
      yield { type: 'listed', objects: listing.objects };
      yield* changesSince(listing.resourceVersion);
    }
    await pace.rest();
    listing = await unlessPassing(() => api.list(collection, signal));
  }

  /** Ends only when the server has forgotten what happened since, or by the signal. */
  async function* changesSince(start: string): AsyncGenerator<Change, void> {
    let version = start;
    while (!signal.aborted) {
      try {
        for await (const event of api.watch(collection, version, signal)) {
          version = event.resourceVersion;
          if (event.type !== 'bookmark') yield { type: event.type, object: event.object };
        }
      } catch (error) {
        if (error instanceof HistoryGone) return;
        if (!signal.aborted && !isPassing(error)) throw error;
      }
      await pace.rest();
    }
  }

  async function unlessPassing(list: () => Promise<Listing>): Promise<Listing | undefined> {
    try {
      return await list();
    } catch (error) {
      if (signal.aborted || isPassing(error)) return undefined;
      throw error;
    }
  }
}

/** A broken stream, a line cut in two, a server that is away: all but a refusal. */
function isPassing(error: unknown): boolean {
  return (
    !(error instanceof CanaryError) || error.code === 'CLUSTER_UNREACHABLE' || error.code === 'CANCELLED'
  );
}

/** Keeps a watch that ends as soon as it is opened from becoming a busy loop. */
class Pace {
  #began: number;
  #pause = Duration.milliseconds(250);

  constructor(
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {
    this.#began = clock.now();
  }

  /** Returns at once after a long watch; after short ones waits ever longer, up to eight seconds. */
  async rest(): Promise<void> {
    const lasted = this.clock.now() - this.#began;
    if (lasted > 10_000) this.#pause = Duration.milliseconds(250);
    else {
      await this.clock.sleep(this.#pause, this.signal);
      this.#pause = Duration.milliseconds(Math.min(8_000, this.#pause.milliseconds * 2));
    }
    this.#began = this.clock.now();
  }
}
