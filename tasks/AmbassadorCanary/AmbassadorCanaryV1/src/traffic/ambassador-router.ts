import { Duration } from '../release/duration.ts';
import { CanaryError } from '../release/errors.ts';
import type { ReleaseEvent } from '../release/events.ts';
import { asRecord, nameOf, type ObjectRef, refOf, valueAt } from '../release/kube-object.ts';
import { nameOfMapping, type Route, runAnnotation } from '../release/plan.ts';
import type { Cluster, Footing, Router, Sighting } from '../release/ports.ts';
import { Weight } from '../release/weight.ts';
import { routeFooting } from './route-footing.ts';
import type { SplitProof } from './split-proof.ts';
import { label, mustStillSay, routing } from './twin-fields.ts';
import { Twins } from './twins.ts';
import { WrittenTwins } from './written-twins.ts';

/** Where Emissary may be asked what it made of the twins. */
export interface Proving {
  readonly proof: SplitProof;
  readonly tell: (event: ReleaseEvent) => void;
}

/** An Emissary that is slower than this takes up no changes (facts/emissary.md 11). */
const proofLimit = Duration.minutes(1);

/**
 * Turns a weight into traffic by Mapping twins: each shares a group with a stable Mapping and takes `weight` percent of
 * it (facts/emissary.md 1 to 4). The stable Mapping is never written.
 */
export class AmbassadorRouter implements Router {
  readonly #written: WrittenTwins;
  readonly #twins: Twins;
  #isDropped = false;
  /** Aborted once traffic has to go: nobody waits for a proof then. */
  readonly #stopped = new AbortController();
  readonly awaitWeight?: NonNullable<Router['awaitWeight']>;

  /** `owner` tells this process from those that may have written the routes before it. */
  constructor(
    private readonly cluster: Cluster,
    private readonly routes: readonly Route[],
    private readonly owner = '',
    private readonly proving?: Proving,
  ) {
    if (proving !== undefined) {
      this.awaitWeight = (weight, limit, signal) => this.#awaitWeight(proving.proof, weight, limit, signal);
    }
    this.#written = new WrittenTwins(cluster);
    this.#twins = new Twins(
      cluster,
      routes.map(({ stable, twin }) => ({ stable, twin: refOf(twin) })),
    );
  }

  /**
   * Each twin first points at the *stable* Service, so that a mistake in grouping harms nobody, and is then switched. Rejects with
   * `ROUTE_NOT_SPLIT`, the twins gone, where Emissary shows that such a mistake was made.
   */
  async open(): Promise<void> {
    await this.#eachRoute(async ({ twin, stableService }) => {
      const proving = { ...twin, spec: { ...asRecord(twin.spec), service: stableService } };
      await this.#written.apply(proving);
    });
    if (this.proving !== undefined) await this.#prove(this.proving);
    await this.#eachRoute(({ twin }) =>
      this.#written.change(refOf(twin), 'service', valueAt(twin, 'spec', 'service')),
    );
  }

  /**
   * Each twin is applied again with its own weight and our name on it. A process that was frozen meanwhile finds it moved, reads the
   * name, and leaves it (DESIGN promise 5); what stable's Mapping has come to say since then, the twin says as well.
   */
  async rejoin(): Promise<Weight> {
    const weights: number[] = [];
    await this.#eachRoute(async ({ twin }) => {
      const live = await this.cluster.get(refOf(twin));
      // Its weight, where it has one, is what we want to know.
      const { weight = 0 } = asRecord(live?.spec) ?? {};
      const found = { ...twin, spec: { ...asRecord(twin.spec), weight } };
      mustStillSay(found, live, [...routing, label]);
      const annotations = { ...twin.metadata.annotations, [runAnnotation]: this.owner };
      await this.#written.apply({ ...found, metadata: { ...twin.metadata, annotations } });
      weights.push(Number(weight));
    });
    return Weight.of(Math.max(0, ...weights));
  }

  async setWeight(weight: Weight): Promise<void> {
    await this.#eachRoute(({ twin }) => this.#written.change(refOf(twin), 'weight', weight.percent));
  }

  footing(): readonly Footing[] {
    return this.routes.flatMap(route =>
      routeFooting(route, () => (this.#isDropped ? undefined : this.#written.given(refOf(route.twin)))),
    );
  }

  stop(): Promise<void> {
    this.#stopped.abort();
    return this.#twins.stop();
  }

  close(): Promise<readonly ObjectRef[]> {
    return this.#twins.remove();
  }

  async #prove({ proof, tell }: Proving): Promise<void> {
    const sighting = await proof.awaitTogether(proofLimit, this.#stopped.signal);
    switch (sighting.kind) {
      case 'shown':
        return tell({ type: 'ready', what: "in Emissary's routes stable and canary share a group" });
      case 'unknown':
        return tell({ type: 'notice', text: unproven(sighting.why) });
      case 'not-shown':
      case 'wrong':
        await this.#drop();
        throw new CanaryError(
          'ROUTE_NOT_SPLIT',
          'Emissary does not split requests between stable and canary',
          {
            expected: this.routes
              .map(({ stable, twin }) => `${nameOf(refOf(twin))} and ${nameOfMapping(stable)} in one group`)
              .join(', '),
            found: sighting.kind === 'wrong' ? sighting.cause : sighting.why,
            hint: 'No user has met the canary: its route led to stable as yet, and is gone. Correct the Mapping, or ask whoever runs Emissary',
          },
        );
    }
  }

  async #awaitWeight(
    proof: SplitProof,
    weight: Weight,
    limit: Duration,
    signal?: AbortSignal,
  ): Promise<Sighting> {
    const ends = [signal, weight.percent === 0 ? undefined : this.#stopped.signal];
    const sighting = await proof.awaitWeight(
      weight,
      limit,
      AbortSignal.any(ends.filter(end => end !== undefined)),
    );
    // Alone in its group it takes everything even at weight 0. Should this fail, the stop and the removal try again.
    if (sighting.kind === 'wrong' && sighting.share === 'all') await this.#drop().catch(() => {});
    return sighting;
  }

  /** Why they go is what has to be told, and not that they are gone. */
  #drop(): Promise<void> {
    this.#isDropped = true;
    return this.#twins.dropAll();
  }

  async #eachRoute(work: (route: Route) => Promise<void>): Promise<void> {
    await Promise.all(this.routes.map(work));
  }
}

/** The one line that says what the split rests on where Emissary can't be asked. */
export function unproven(why: string): string {
  return `Emissary's diagnostics can't be asked (${why}): the split is proven by the rules and by the metrics`;
}
