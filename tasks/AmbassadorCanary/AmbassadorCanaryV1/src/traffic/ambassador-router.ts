import { CanaryError } from '../release/errors.ts';
import { asRecord, type KubeObject, nameOf, type ObjectRef, refOf, valueAt } from '../release/kube-object.ts';
import type { Route } from '../release/plan.ts';
import type { Cluster, Router } from '../release/ports.ts';
import type { RouteRefs } from '../release/record.ts';
import type { Weight } from '../release/weight.ts';
import { Twins } from './twins.ts';

/**
 * Turns a weight into traffic by Mapping twins: each shares a group with a stable Mapping and takes `weight` percent of
 * it (facts/emissary.md 1 to 4). The stable Mapping is never written.
 */
export class AmbassadorRouter implements Router {
  /** What each twin was when we last wrote it, by its name and namespace. */
  readonly #written = new Map<string, KubeObject>();
  readonly #twins: Twins;

  constructor(
    private readonly cluster: Cluster,
    private readonly routes: readonly Route[],
  ) {
    this.#twins = new Twins(
      cluster,
      routes.map(({ stable, twin }) => ({ stable, twin: refOf(twin) })),
    );
  }

  /**
   * Each twin first points at the *stable* Service, so that a mistake in grouping harms nobody, and is then switched.
   */
  async open(): Promise<void> {
    await this.#eachRoute(async ({ twin, stableService }) => {
      const proving = { ...twin, spec: { ...asRecord(twin.spec), service: stableService } };
      this.#remember(await this.cluster.apply(proving));
      await this.#write(refOf(twin), '/spec/service', valueAt(twin, 'spec', 'service'));
    });
  }

  async setWeight(weight: Weight): Promise<void> {
    await this.#eachRoute(({ twin }) => this.#write(refOf(twin), '/spec/weight', weight.percent));
  }

  stop(): Promise<void> {
    return this.#twins.stop();
  }

  close(): Promise<readonly ObjectRef[]> {
    return this.#twins.remove();
  }

  async #eachRoute(work: (route: Route) => Promise<void>): Promise<void> {
    await Promise.all(this.routes.map(work));
  }

  /**
   * Changes one field under the resourceVersion that we know. Emissary may write a Mapping's status, so a moved
   * version alone is no harm: the twin is read again, and written if it still says what we last wrote.
   */
  async #write(ref: ObjectRef, path: string, value: unknown): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const known = this.#written.get(nameOf(ref));
      try {
        const result = await this.cluster.patch(ref, [
          { op: 'test', path: '/metadata/resourceVersion', value: known?.metadata.resourceVersion },
          { op: 'replace', path, value },
        ]);
        this.#remember(result);
        return;
      } catch (thrown) {
        const moved = thrown instanceof CanaryError && thrown.code === 'CLUSTER_CONFLICT';
        if (!moved || attempt === 5) throw thrown;
        await this.#readAgain(ref, known);
      }
    }
  }

  async #readAgain(ref: ObjectRef, known: KubeObject | undefined): Promise<void> {
    const live = await this.cluster.get(ref);
    for (const field of ['weight', 'service']) {
      const [ours, theirs] = [valueAt(known, 'spec', field), valueAt(live, 'spec', field)];
      if (ours === theirs) continue;
      throw new CanaryError('CLUSTER_CONFLICT', `Somebody else changed ${nameOf(ref)}`, {
        expected: `${field} ${String(ours)}`,
        found: live === undefined ? 'no such Mapping' : `${field} ${String(theirs)}`,
        hint: 'Leave the canary Mapping to the release that made it',
      });
    }
    if (live !== undefined) this.#remember(live);
  }

  #remember(twin: KubeObject): void {
    this.#written.set(nameOf(refOf(twin)), twin);
  }
}

/** The router of a release that another process began: it can only stop and remove. */
export class LeftoverRouter implements Router {
  readonly #twins: Twins;

  constructor(cluster: Cluster, routes: readonly RouteRefs[]) {
    this.#twins = new Twins(cluster, routes);
  }

  async open(): Promise<void> {
    throw new Error('A leftover route is not opened again');
  }

  async setWeight(): Promise<void> {
    throw new Error('A leftover route gets no weight');
  }

  stop(): Promise<void> {
    return this.#twins.stop();
  }

  close(): Promise<readonly ObjectRef[]> {
    return this.#twins.remove();
  }
}
