import type { DeleteOptions } from '../api-server/deletions.ts';
import type { ObjectKey, Registry } from '../api-server/registry.ts';
import { resourceOf } from '../api-server/resources.ts';
import { ApiError } from '../api-server/status.ts';
import { type KubeObject, timestamp } from '../objects.ts';

/** Where an object is stored. */
export function keyOf({ apiVersion, kind, metadata }: KubeObject): ObjectKey {
  return { resource: resourceOf(apiVersion, kind), namespace: metadata.namespace, name: metadata.name };
}

/** How a controller reads and writes objects: by the registry, under a name of its own among the field managers. */
export class Writer {
  readonly #registry: Registry;
  readonly #manager: string;

  constructor(registry: Registry, manager: string) {
    this.#registry = registry;
    this.#manager = manager;
  }

  list(apiVersion: string, kind: string, namespace?: string): KubeObject[] {
    return this.#registry.store.list(resourceOf(apiVersion, kind), namespace);
  }

  create(object: KubeObject): KubeObject {
    const { resource, namespace } = keyOf(object);
    return this.#registry.create(resource, namespace, object, { manager: this.#manager });
  }

  /** Changes a copy of the object and writes it. What has been deleted meanwhile stays deleted. */
  change(object: KubeObject, change: (copy: KubeObject) => void, subresource?: 'status'): void {
    const options = { manager: this.#manager, ...(subresource && { subresource }) };
    const edit = (live: KubeObject) => {
      const copy = structuredClone(live);
      change(copy);
      return copy;
    };
    ignoreMissing(() => this.#registry.update(keyOf(object), edit, options));
  }

  setStatus(object: KubeObject, status: object): void {
    this.change(
      object,
      copy => {
        copy.status = status;
      },
      'status',
    );
  }

  /** Deletes just this object, not one that has come after it under its name. */
  delete(object: KubeObject, options: DeleteOptions = {}): void {
    const preconditions = object.metadata.uid ? { uid: object.metadata.uid } : {};
    ignoreMissing(() => this.#registry.delete(keyOf(object), { ...options, preconditions }));
  }

  /** Notes an event about an object. What happens again raises the count of the event that is there. */
  record(
    about: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    component = this.#manager,
  ): void {
    const { name, namespace = 'default', uid = '', resourceVersion = '' } = about.metadata;
    const now = timestamp(Date.now());
    const known = this.list('v1', 'Event', namespace).find(
      event =>
        (event.involvedObject as { uid?: string }).uid === uid &&
        event.reason === reason &&
        event.message === message,
    );
    if (known) {
      this.change(known, event => {
        event.count = Number(event.count) + 1;
        event.lastTimestamp = now;
      });
      return;
    }
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${process.hrtime.bigint().toString(16)}`, namespace },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        namespace,
        uid,
        resourceVersion,
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
    };
    // A namespace that is being taken away takes no more events.
    ignoreMissing(() => this.create(event));
  }
}

function ignoreMissing(write: () => unknown): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
  }
}
