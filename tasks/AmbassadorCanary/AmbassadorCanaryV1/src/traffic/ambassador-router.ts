import { Duration } from '../release/duration.ts';
import { CanaryError, hasCode } from '../release/errors.ts';
import type { ReleaseEvent } from '../release/events.ts';
import { asRecord, type KubeObject, nameOf, type ObjectRef, refOf, valueAt } from '../release/kube-object.ts';
import { nameOfMapping, type Route, runAnnotation } from '../release/plan.ts';
import type { Cluster, Footing, Router, Sighting } from '../release/ports.ts';
import { Weight } from '../release/weight.ts';
import { routeFooting } from './route-footing.ts';
import type { SplitProof } from './split-proof.ts';
import { label, mustStillSay, owner, routing } from './twin-fields.ts';
import { Twins } from './twins.ts';

/** Where Emissary may be asked what it made of the twins. */
export interface Proving {
  readonly proof: SplitProof;
  readonly tell: (event: ReleaseEvent) => void;
}

/** Every weight and service that we have given a twin, or are about to. */
type Given = Readonly<Record<'weight' | 'service', Set<unknown>>>;

/** An Emissary that is slower than this takes up no changes (facts/emissary.md 11). */
const proofLimit = Duration.minutes(1);

/**
 * Turns a weight into traffic by Mapping twins: each shares a group with a stable Mapping and takes `weight` percent of
 * it (facts/emissary.md 1 to 4). The stable Mapping is never written.
 */
export class AmbassadorRouter implements Router {
  /** What each twin was when we last wrote it, by its name and namespace. */
  readonly #written = new Map<string, KubeObject>();
  /** By the twin's name and namespace. */
  readonly #given = new Map<string, Given>();
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
      this.#give(proving);
      this.#remember(await this.cluster.apply(proving));
    });
    if (this.proving !== undefined) await this.#prove(this.proving);
    await this.#eachRoute(({ twin }) =>
      this.#write(refOf(twin), 'service', valueAt(twin, 'spec', 'service')),
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
      this.#give(found);
      this.#remember(await this.cluster.apply({ ...found, metadata: { ...twin.metadata, annotations } }));
      weights.push(Number(weight));
    });
    return Weight.of(Math.max(0, ...weights));
  }

  async setWeight(weight: Weight): Promise<void> {
    await this.#eachRoute(({ twin }) => this.#write(refOf(twin), 'weight', weight.percent));
  }

  footing(): readonly Footing[] {
    return this.routes.flatMap(route =>
      routeFooting(route, () => (this.#isDropped ? undefined : this.#givenTo(refOf(route.twin)))),
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

  /**
   * Changes one field under the resourceVersion that we know. Emissary may write a Mapping's status, so a moved
   * version alone is no harm: the twin is read again, and written if it still says what we last wrote.
   */
  async #write(ref: ObjectRef, field: keyof Given, value: unknown): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const known = this.#written.get(nameOf(ref));
      if (known === undefined) throw new Error('A route is neither opened nor rejoined');
      this.#givenTo(ref)[field].add(value);
      try {
        const result = await this.cluster.patch(ref, [
          { op: 'test', path: '/metadata/resourceVersion', value: known.metadata.resourceVersion },
          { op: 'replace', path: `/spec/${field}`, value },
        ]);
        this.#remember(result);
        return;
      } catch (thrown) {
        const moved = hasCode(thrown, 'CLUSTER_CONFLICT');
        if (!moved || attempt === 5) throw thrown;
        await this.#readAgain(ref, known);
      }
    }
  }

  async #readAgain(ref: ObjectRef, known: KubeObject): Promise<void> {
    const live = await this.cluster.get(ref);
    mustStillSay(known, live, [...routing, owner]);
    if (live !== undefined) this.#remember(live);
  }

  #give(twin: KubeObject): void {
    const given = this.#givenTo(refOf(twin));
    for (const field of ['weight', 'service'] as const) given[field].add(valueAt(twin, 'spec', field));
  }

  #givenTo(ref: ObjectRef): Given {
    const given = this.#given.get(nameOf(ref)) ?? { weight: new Set(), service: new Set() };
    this.#given.set(nameOf(ref), given);
    return given;
  }

  #remember(twin: KubeObject): void {
    this.#written.set(nameOf(refOf(twin)), twin);
  }
}

/** The one line that says what the split rests on where Emissary can't be asked. */
export function unproven(why: string): string {
  return `Emissary's diagnostics can't be asked (${why}): the split is proven by the rules and by the metrics`;
}
