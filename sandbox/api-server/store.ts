import { deepFreeze, type KubeObject } from '../objects.ts';
import type { Resource } from './resources.ts';

/** Something that happened to a stored object. `object` is what it is now, or what it was last when it is deleted. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

/** How far back a watch can start. */
const rememberedChanges = 5000;

/** What etcd is to the API server: objects by name, one counter of versions over all of them, and the latest changes. */
export class Store {
  readonly #objects = new Map<Resource, Map<string, KubeObject>>();
  readonly #listeners = new Set<(change: Change) => void>();
  #changes: Change[] = [];
  #version = 1;
  #forgotten = 0;

  /** The version of the latest change. */
  get version(): number {
    return this.#version;
  }

  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#of(resource).get(keyOf(namespace, name));
  }

  /** All objects, or those of one namespace, in the order of their keys. */
  list(resource: Resource, namespace?: string): KubeObject[] {
    return [...this.#of(resource).entries()]
      .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** The objects as they were at a version; `undefined` where that is too long ago. */
  listAt(resource: Resource, namespace: string | undefined, version: number): KubeObject[] | undefined {
    const since = this.changesSince(version);
    if (!since) return undefined;
    const past = new Map(this.list(resource, namespace).map(object => [keyOfObject(object), object]));
    for (const change of since.reverse()) {
      const { namespace: changed } = change.object.metadata;
      if (change.resource !== resource || (namespace !== undefined && changed !== namespace)) continue;
      if (change.previous) past.set(keyOfObject(change.object), change.previous);
      else past.delete(keyOfObject(change.object));
    }
    return [...past].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** What happened after a version, oldest first; `undefined` where that is too long ago. */
  changesSince(version: number): Change[] | undefined {
    if (version < this.#forgotten) return undefined;
    return this.#changes.filter(change => change.version > version);
  }

  /** Stores an object under the next version. The copy that is handed back is frozen. */
  put(resource: Resource, object: KubeObject): KubeObject {
    const key = keyOfObject(object);
    const previous = this.#of(resource).get(key);
    const stored = this.#nextVersionOf(object);
    this.#of(resource).set(key, stored);
    this.#tell({
      type: previous ? 'MODIFIED' : 'ADDED',
      resource,
      object: stored,
      ...(previous && { previous }),
    });
    return stored;
  }

  /** Removes an object, which must be there. What is handed back carries the version of its deletion. */
  remove(resource: Resource, object: KubeObject): KubeObject {
    const key = keyOfObject(object);
    const previous = this.#of(resource).get(key);
    if (!previous) throw new Error(`${resource.kind} ${key} is not stored`);
    this.#of(resource).delete(key);
    const last = this.#nextVersionOf(object);
    this.#tell({ type: 'DELETED', resource, object: last, previous });
    return last;
  }

  /** Calls back after each change, until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets all changes, as etcd's compaction does: watches from before get 410. */
  forgetChanges(): void {
    this.#changes = [];
    this.#forgotten = this.#version;
  }

  #of(resource: Resource): Map<string, KubeObject> {
    const known = this.#objects.get(resource);
    if (known) return known;
    const made = new Map<string, KubeObject>();
    this.#objects.set(resource, made);
    return made;
  }

  #nextVersionOf(object: KubeObject): KubeObject {
    this.#version++;
    const copy = structuredClone(object);
    copy.metadata.resourceVersion = String(this.#version);
    return deepFreeze(copy);
  }

  #tell(event: Omit<Change, 'version'>): void {
    const change = { ...event, version: this.#version };
    this.#changes.push(change);
    if (this.#changes.length > rememberedChanges) {
      const [oldest] = this.#changes.splice(0, this.#changes.length - rememberedChanges);
      this.#forgotten = Math.max(this.#forgotten, oldest?.version ?? 0);
    }
    for (const listener of this.#listeners) listener(change);
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function keyOfObject({ metadata }: KubeObject): string {
  return keyOf(metadata.namespace, metadata.name);
}
