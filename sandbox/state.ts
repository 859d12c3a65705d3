import type { Registry } from './api-server/registry.ts';
import { resourceOf } from './api-server/resources.ts';
import type { ApiServer, RequestRecord } from './api-server/server.ts';
import { at, type KubeObject } from './objects.ts';

/** A look behind the API server, for tests and the demo: objects as they are stored, and every request that was answered. */
export class State {
  readonly #registry: Registry;
  readonly #server: ApiServer;

  constructor(registry: Registry, server: ApiServer) {
    this.#registry = registry;
    this.#server = server;
  }

  get requests(): readonly RequestRecord[] {
    return this.#server.requests;
  }

  get(apiVersion: string, kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#registry.store.get(resourceOf(apiVersion, kind), namespace, name);
  }

  list(apiVersion: string, kind: string, namespace?: string): KubeObject[] {
    return this.#registry.store.list(resourceOf(apiVersion, kind), namespace);
  }

  /** Applies an object as somebody else would, by a field manager that is not ours. */
  apply(object: KubeObject, manager = 'kubectl'): KubeObject {
    const { apiVersion, kind, metadata } = object;
    const key = {
      resource: resourceOf(apiVersion, kind),
      namespace: metadata.namespace,
      name: metadata.name,
    };
    return this.#registry.apply(key, object, { manager, force: true }).object;
  }

  delete(apiVersion: string, kind: string, namespace: string | undefined, name: string): void {
    this.#registry.delete({ resource: resourceOf(apiVersion, kind), namespace, name }, {});
  }

  /** Makes every watch that starts before now begin with 410, as after a compaction of etcd. */
  forgetChanges(): void {
    this.#registry.store.forgetChanges();
  }

  /** Resolves once something holds, looking after each change. Rejects after `timeoutMs`. */
  until(holds: () => boolean, timeoutMs = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        unsubscribe();
        resolve();
      };
      const unsubscribe = this.#registry.store.subscribe(look);
      const timer = setTimeout(() => {
        unsubscribe();
        reject(new Error(`the sandbox did not get there within ${timeoutMs} ms`));
      }, timeoutMs);
      look();
    });
  }

  /** Whether all pods of a Deployment are of its latest template and available, and old ones are gone. */
  static isRolledOut(deployment: KubeObject): boolean {
    const replicas = at(deployment, 'spec', 'replicas');
    const status = (field: string) => at(deployment, 'status', field) ?? 0;
    return (
      status('observedGeneration') === deployment.metadata.generation &&
      ['replicas', 'updatedReplicas', 'availableReplicas'].every(field => status(field) === replicas)
    );
  }
}
