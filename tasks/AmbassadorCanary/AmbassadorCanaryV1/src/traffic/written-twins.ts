import { hasCode } from '../release/errors.ts';
import { type KubeObject, nameOf, type ObjectRef, refOf, valueAt } from '../release/kube-object.ts';
import type { Cluster } from '../release/ports.ts';
import { mustStillSay, owner, routing } from './twin-fields.ts';

/** Every weight and service that we have given a twin, or are about to. */
export type Given = Readonly<Record<'weight' | 'service', Set<unknown>>>;

/** Writes twins, and remembers what they were given: what somebody else has changed since is not written over. */
export class WrittenTwins {
  /** What each twin was when we last wrote it, by its name and namespace. */
  readonly #written = new Map<string, KubeObject>();
  readonly #given = new Map<string, Given>();

  constructor(private readonly cluster: Cluster) {}

  /** Makes a twin, or makes it this: whatever it said. */
  async apply(twin: KubeObject): Promise<void> {
    const given = this.given(refOf(twin));
    for (const field of ['weight', 'service'] as const) given[field].add(valueAt(twin, 'spec', field));
    this.#remember(await this.cluster.apply(twin));
  }

  /**
   * Changes one field under the resourceVersion that we know. Emissary may write a Mapping's status, so a moved
   * version alone is no harm: the twin is read again, and written if it still says what we last wrote. Rejects with `CLUSTER_CONFLICT`
   * where somebody else has changed it.
   */
  async change(ref: ObjectRef, field: keyof Given, value: unknown): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const known = this.#written.get(nameOf(ref));
      if (known === undefined) throw new Error('A route is neither opened nor rejoined');
      this.given(ref)[field].add(value);
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

  /** What we have given this twin so far. */
  given(ref: ObjectRef): Given {
    const given = this.#given.get(nameOf(ref)) ?? { weight: new Set(), service: new Set() };
    this.#given.set(nameOf(ref), given);
    return given;
  }

  async #readAgain(ref: ObjectRef, known: KubeObject): Promise<void> {
    const live = await this.cluster.get(ref);
    mustStillSay(known, live, [...routing, owner]);
    if (live !== undefined) this.#remember(live);
  }

  #remember(twin: KubeObject): void {
    this.#written.set(nameOf(refOf(twin)), twin);
  }
}
