import type { Registry } from '../api-server/registry.ts';
import { Deployments } from './deployments.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { Kubelet, type KubeletOptions } from './kubelet.ts';
import { ReplicaSets } from './replica-sets.ts';
import { Writer } from './writer.ts';

export interface ControllersOptions extends KubeletOptions {
  readonly random: () => number;
}

/** Writes follow writes until nothing changes any more; more rounds than this are a mistake in a controller. */
const mostRounds = 1000;

/** What moves a cluster: looks at everything after each change, and when time alone changes something. */
export class Controllers {
  readonly #registry: Registry;
  readonly #unsubscribe: () => void;
  readonly #syncs: readonly ((now: number) => number | undefined)[];
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(registry: Registry, options: ControllersOptions) {
    const manager = new Writer(registry, 'kube-controller-manager');
    const deployments = new Deployments(manager);
    const replicaSets = new ReplicaSets(manager, options.random);
    const collector = new GarbageCollector(registry, manager);
    const kubelet = new Kubelet(new Writer(registry, 'kubelet'), options);
    this.#registry = registry;
    this.#syncs = [
      now => deployments.sync(now),
      now => replicaSets.sync(now),
      now => kubelet.sync(now),
      () => {
        collector.sync();
        return undefined;
      },
    ];
    this.#unsubscribe = registry.store.subscribe(() => this.#soon());
    this.#soon();
  }

  stop(): void {
    this.#unsubscribe();
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
  }

  #soon(): void {
    this.#immediate ??= setImmediate(() => this.#run());
  }

  /** Syncs until a round changes nothing, then sleeps until time does. */
  #run(): void {
    const { store } = this.#registry;
    let next: number | undefined;
    for (let round = 0, version = -1; version !== store.version; round++) {
      if (round === mostRounds) throw new Error('the controllers of the sandbox do not come to rest');
      version = store.version;
      const now = Date.now();
      const waits = this.#syncs.flatMap(sync => sync(now) ?? []);
      next = waits.length > 0 ? Math.min(...waits) : undefined;
    }
    // Only now: what the rounds wrote themselves has been looked at.
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    clearTimeout(this.#timer);
    if (next !== undefined) this.#timer = setTimeout(() => this.#soon(), Math.max(1, next - Date.now()));
  }
}
