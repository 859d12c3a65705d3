import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type KubeObject, type ManagedFieldsEntry, timestamp } from '../objects.ts';
import { checkTypes } from './check-types.ts';
import { withDefaults } from './defaults.ts';
import { type DeleteOptions, Deletions } from './deletions.ts';
import { placed, refuseOtherName } from './identity.ts';
import type { FieldManager, ManagedFields } from './managed-fields.ts';
import { applyConfiguration, ownersAfterUpdate } from './own-fields.ts';
import { groupVersion, type Resource, resourceOf } from './resources.ts';
import { alreadyExists, notFound, staleVersion } from './status.ts';
import { Store } from './store.ts';
import { prepareForCreate, prepareForUpdate, ServiceAddresses } from './strategy.ts';
import { validate } from './validate.ts';

export interface WriteOptions {
  /** The `fieldManager`, or what stands for it. */
  readonly manager: string;
  readonly dryRun?: boolean;
  readonly subresource?: string;
}

export interface ApplyOptions extends WriteOptions {
  readonly force: boolean;
}

/** Which object is meant. */
export interface ObjectKey {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
}

/**
 * The writes of the API server, each in one go: defaults, owners of fields, what is the server's own, validation, storage. Rejects
 * with an `ApiError`. The HTTP server and the controllers both write through it.
 */
export class Registry {
  readonly store = new Store();
  readonly #addresses = new ServiceAddresses();
  readonly #deletions = new Deletions(this.store);

  get(key: ObjectKey): KubeObject {
    const found = this.store.get(key.resource, key.namespace, key.name);
    if (!found) throw notFound(key.resource, key.name);
    return found;
  }

  create(
    resource: Resource,
    namespace: string | undefined,
    object: KubeObject,
    options: WriteOptions,
  ): KubeObject {
    const filled = withDefaults(resource, placed(resource, namespace, object));
    const manager = managerOf(resource, 'Update', options);
    const owners = ownersAfterUpdate(resource, undefined, filled, manager, timestamp(Date.now()));
    return this.#insert(resource, filled, owners, options);
  }

  /**
   * Replaces an object by what `change` makes of it. `change` is called once, with the live object, and must not change it. A
   * resourceVersion in the result must be the live one.
   */
  update(key: ObjectKey, change: (live: KubeObject) => KubeObject, options: WriteOptions): KubeObject {
    const { resource } = key;
    const live = this.get(key);
    const candidate = placed(resource, key.namespace, change(live));
    refuseOtherName(key, candidate);
    const version = candidate.metadata.resourceVersion;
    if (version && version !== live.metadata.resourceVersion) throw staleVersion(resource, key.name);
    const filled = withDefaults(resource, candidate);
    if (options.subresource !== 'status' && resource.kind === 'Service')
      this.#addresses.allocate(filled, live);
    const owners = ownersAfterUpdate(
      resource,
      live,
      filled,
      managerOf(resource, 'Update', options),
      timestamp(Date.now()),
    );
    return this.#replace(resource, live, filled, owners, options);
  }

  /** Server-side apply. */
  apply(key: ObjectKey, config: KubeObject, options: ApplyOptions): { object: KubeObject; created: boolean } {
    const { resource } = key;
    if (config.metadata.name) refuseOtherName(key, config);
    const live = this.store.get(resource, key.namespace, key.name);
    const version = config.metadata.resourceVersion;
    if (version && version !== live?.metadata.resourceVersion) throw staleVersion(resource, key.name);
    const manager = managerOf(resource, 'Apply', options);
    const time = timestamp(Date.now());
    const named = { ...config, metadata: { ...config.metadata, name: key.name } };
    const applied = applyConfiguration(resource, live, named, { manager, force: options.force, time });
    const canonical = checkTypes(applied.object, resource.schema).value as KubeObject;
    const filled = withDefaults(resource, placed(resource, key.namespace, canonical));
    if (live)
      return { object: this.#replace(resource, live, filled, applied.owners, options), created: false };
    return { object: this.#insert(resource, filled, applied.owners, options), created: true };
  }

  /** Deletes by the API server's rules; what it hands back is the answer, a `Status` or the object. */
  delete(key: ObjectKey, options: DeleteOptions): object {
    return this.#deletions.delete(this.get(key), key, options);
  }

  #insert(resource: Resource, filled: KubeObject, owners: ManagedFields, options: WriteOptions): KubeObject {
    const { metadata } = filled;
    this.#refuseMissingNamespace(resource, metadata.namespace);
    metadata.name = metadata.name || generatedName(metadata.generateName);
    delete metadata.resourceVersion;
    metadata.uid = randomUUID();
    metadata.creationTimestamp = timestamp(Date.now());
    prepareForCreate(resource, filled);
    if (resource.kind === 'Service') this.#addresses.allocate(filled);
    setOwners(filled, owners.toEntries());
    validate(resource, filled);
    const other = this.store.get(resource, metadata.namespace, metadata.name);
    if (other) throw alreadyExists(resource, metadata.name, other.metadata.deletionTimestamp !== undefined);
    return options.dryRun ? filled : this.store.put(resource, filled);
  }

  #replace(
    resource: Resource,
    live: KubeObject,
    filled: KubeObject,
    owners: ManagedFields,
    options: WriteOptions,
  ): KubeObject {
    setOwners(filled, owners.toEntries());
    prepareForUpdate(resource, filled, live, options.subresource);
    validate(resource, filled, live);
    if (sameButTimes(filled, live)) return live;
    if (options.dryRun) return filled;
    const isOver = filled.metadata.deletionTimestamp !== undefined && !filled.metadata.finalizers?.length;
    const waitsForKubelet = resource.kind === 'Pod' && (filled.metadata.deletionGracePeriodSeconds ?? 0) > 0;
    if (!isOver || waitsForKubelet) return this.store.put(resource, filled);
    this.store.remove(resource, filled);
    // The answer does not know the version of its end; watches do.
    return filled;
  }

  #refuseMissingNamespace(resource: Resource, namespace: string | undefined): void {
    if (!resource.namespaced || namespace === undefined) return;
    const namespaces = resourceOf('v1', 'Namespace');
    if (!this.store.get(namespaces, undefined, namespace)) throw notFound(namespaces, namespace);
  }
}

function generatedName(prefix: string | undefined): string {
  return prefix ? `${prefix}${randomUUID().slice(0, 5)}` : '';
}

function managerOf(
  resource: Resource,
  operation: FieldManager['operation'],
  options: WriteOptions,
): FieldManager {
  const { manager: name, subresource } = options;
  return { name, operation, apiVersion: groupVersion(resource), ...(subresource && { subresource }) };
}

function setOwners(object: KubeObject, entries: ManagedFieldsEntry[]): void {
  if (entries.length > 0) object.metadata.managedFields = entries;
  else delete object.metadata.managedFields;
}

/** Whether nothing changed but when somebody last owned a field: such a write is none. */
function sameButTimes(object: KubeObject, live: KubeObject): boolean {
  const timeless = (value: KubeObject) => ({
    ...value,
    metadata: {
      ...value.metadata,
      managedFields: value.metadata.managedFields?.map(({ time: _, ...entry }) => entry),
    },
  });
  return isDeepStrictEqual(timeless(object), timeless(live));
}
