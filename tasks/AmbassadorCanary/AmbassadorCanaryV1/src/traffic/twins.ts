import { CanaryError, throwIfAny, toCanaryErrors } from '../release/errors.ts';
import type { ObjectRef } from '../release/kube-object.ts';
import type { Cluster } from '../release/ports.ts';
import type { RouteRefs } from '../release/record.ts';
import { isOurs, removeCanary } from '../release/remove.ts';
import { findMapping, placeOf } from './route-footing.ts';

/**
 * What carries traffic to the canaries of a release, whoever made it, and what it takes to get rid of that: twins of Mappings, and
 * Deployments whose pods answer stable's own Services.
 */
export class Twins {
  readonly #deleted: ObjectRef[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly routes: readonly RouteRefs[],
  ) {}

  /**
   * Traffic off all at once, by one unconditional write each. A twin whose stable Mapping is gone is deleted instead,
   * because alone in its group it takes everything, even at weight 0 (facts/emissary.md 4); a Deployment gets no replicas. One that
   * fails holds up no other.
   */
  async stop(): Promise<void> {
    const results = await Promise.allSettled(this.routes.map(route => this.#stop(route)));
    throwIfAny(
      results.flatMap(result => (result.status === 'rejected' ? toCanaryErrors(result.reason) : [])),
    );
  }

  /** Deletes those that are ours, and waits for nothing: what takes all requests must go, whatever its weight. */
  async dropAll(): Promise<void> {
    await Promise.all(this.routes.map(({ twin }) => this.#deleteAtOnce(twin)));
  }

  /** Deletes the Mappings, resolves to all that were deleted, also by `stop`, and rejects where one had to be left. */
  async remove(): Promise<readonly ObjectRef[]> {
    const leftovers = await removeCanary(
      { cluster: this.cluster, tell: event => event.type === 'deleted' && this.#deleted.push(event.object) },
      this.routes.map(({ twin }) => twin).filter(twin => !isWorkload(twin)),
    );
    if (leftovers.length > 0) throw new CanaryError('CLUSTER_REFUSED', leftovers.join('; '));
    return this.#deleted;
  }

  async #stop({ stable, twin }: RouteRefs): Promise<void> {
    const path = isWorkload(twin) ? '/spec/replicas' : '/spec/weight';
    if (stable === undefined && !isWorkload(twin)) return this.#deleteAtOnce(twin);
    try {
      await this.cluster.patch(twin, [{ op: 'add', path, value: 0 }], { urgent: true });
    } catch (thrown) {
      if ((await this.cluster.get(twin)) !== undefined) throw thrown;
      return;
    }
    if (stable === undefined) return;
    const live = await this.cluster.get(placeOf(stable));
    if (findMapping(stable, live) === undefined) await this.#deleteAtOnce(twin);
  }

  async #deleteAtOnce(twin: ObjectRef): Promise<void> {
    const live = await this.cluster.get(twin);
    if (live === undefined || !isOurs(live)) return;
    await this.cluster.delete(twin);
    this.#deleted.push(twin);
  }
}

/** Its pods are its traffic: without any it has none, and their requests in flight end by their own grace. */
function isWorkload({ kind }: ObjectRef): boolean {
  return kind === 'Deployment';
}
