import type { Registry } from '../api-server/registry.ts';
import { resources } from '../api-server/resources.ts';
import type { KubeObject } from '../objects.ts';
import type { Writer } from './writer.ts';

const foreground = { propagationPolicy: 'Foreground' } as const;

/** Deletes what has lost its owner or its namespace, and lets go of owners that wait for their dependents. */
export class GarbageCollector {
  readonly #registry: Registry;
  readonly #writer: Writer;

  constructor(registry: Registry, writer: Writer) {
    this.#registry = registry;
    this.#writer = writer;
  }

  sync(): void {
    const objects = resources.flatMap(resource => this.#registry.store.list(resource));
    const living = new Set(objects.map(({ metadata }) => metadata.uid));
    const namespaces = new Set(
      objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name),
    );
    for (const object of objects) {
      const { ownerReferences = [], namespace } = object.metadata;
      const isOrphan = ownerReferences.length > 0 && ownerReferences.every(({ uid }) => !living.has(uid));
      const isHomeless = namespace !== undefined && !namespaces.has(namespace);
      if (isHomeless) this.#writer.delete(object, { gracePeriodSeconds: 0 });
      else if (isOrphan && object.metadata.deletionTimestamp === undefined) this.#writer.delete(object);
      else this.#settle(object, objects);
    }
  }

  /** Deletes, or disowns, the dependents of an owner that is being deleted, then takes away what it waits for. */
  #settle(owner: KubeObject, objects: readonly KubeObject[]): void {
    const finalizers = owner.metadata.finalizers ?? [];
    const isForeground = finalizers.includes('foregroundDeletion');
    if (owner.metadata.deletionTimestamp === undefined || (!isForeground && !finalizers.includes('orphan')))
      return;
    const dependents = objects.filter(({ metadata }) => {
      return metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid);
    });
    for (const dependent of dependents) {
      if (isForeground) {
        if (dependent.metadata.deletionTimestamp === undefined) this.#writer.delete(dependent, foreground);
      } else {
        this.#writer.change(dependent, copy => {
          copy.metadata.ownerReferences =
            copy.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? [];
        });
      }
    }
    if (isForeground && dependents.length > 0) return;
    this.#writer.change(owner, copy => {
      copy.metadata.finalizers = finalizers.filter(
        name => name !== 'foregroundDeletion' && name !== 'orphan',
      );
    });
  }
}
