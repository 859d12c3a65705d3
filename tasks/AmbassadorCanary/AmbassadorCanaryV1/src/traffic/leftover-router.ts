import type { ObjectRef } from '../release/kube-object.ts';
import type { Cluster, Footing, Router } from '../release/ports.ts';
import type { RouteRefs } from '../release/record.ts';
import type { Weight } from '../release/weight.ts';
import { Twins } from './twins.ts';

/** The router of a release that another process began: it can only stop and remove. */
export class LeftoverRouter implements Router {
  readonly #twins: Twins;

  constructor(cluster: Cluster, routes: readonly RouteRefs[]) {
    this.#twins = new Twins(cluster, routes);
  }

  async open(): Promise<void> {
    throw new Error('A leftover route is not opened again');
  }

  async rejoin(): Promise<Weight> {
    throw new Error('A leftover route is not gone on with');
  }

  async setWeight(): Promise<void> {
    throw new Error('A leftover route gets no weight');
  }

  footing(): readonly Footing[] {
    return [];
  }

  stop(): Promise<void> {
    return this.#twins.stop();
  }

  close(): Promise<readonly ObjectRef[]> {
    return this.#twins.remove();
  }
}
