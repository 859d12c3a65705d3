import { decodeApplied, decodePatched } from '../../../sandbox/api-server/decode.ts';
import { applyJsonPatch } from '../../../sandbox/api-server/json-patch.ts';
import { type ObjectKey, Registry } from '../../../sandbox/api-server/registry.ts';
import { groupVersion, type Resource, resources } from '../../../sandbox/api-server/resources.ts';
import { ApiError } from '../../../sandbox/api-server/status.ts';
import type { KubeObject as StoredObject } from '../../../sandbox/objects.ts';
import type { SurveyCluster } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/survey.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  identityOf,
  type KubeObject,
  nameOf,
  type ObjectRef,
  refOf,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { fieldManager } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import type {
  PatchOperation,
  WriteOptions,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';

/** When a fault strikes: the write is not carried out, or it is and nobody hears of it. */
export type Fault = 'before' | 'after';

/**
 * The sandbox's API server without the network and without controllers: its defaults, validation and server-side apply, at a speed that
 * thousands of releases need. Kinds that the sandbox does not know, and old versions of Mappings, are kept as they are sent.
 */
export class RegistryCluster implements SurveyCluster {
  /** Writes that were asked for, dry runs aside: `apply Deployment shop/web`. */
  readonly writes: string[] = [];
  /** Throws at a write, or at waiting for pods, where a test wants it. */
  strike: (write: string, when: Fault) => void = () => {};
  readonly #registry = new Registry();
  readonly #unmodelled = new Map<string, KubeObject>();
  #version = 1_000_000;

  constructor(
    namespace: string,
    /** The version of Mappings that this cluster serves. */
    readonly mappingVersion: 'v1' | 'v2' | 'v3alpha1' = 'v3alpha1',
  ) {
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    this.#apply(object, 'kubectl', false);
  }

  /** Everything that is stored, by identity. */
  get objects(): ReadonlyMap<string, KubeObject> {
    const modelled = resources.flatMap(resource => this.#registry.store.list(resource) as KubeObject[]);
    return new Map(
      [...modelled, ...this.#unmodelled.values()].map(object => [identityOf(refOf(object)), object]),
    );
  }

  /** Applies as somebody else would. */
  have(object: KubeObject, manager = 'kubectl'): KubeObject {
    return this.#apply(object, manager, false);
  }

  /** A Deployment's pods are ready as soon as they are asked for: there are no controllers to say so. */
  async get(ref: ObjectRef): Promise<KubeObject | undefined> {
    const found = this.#get(ref);
    if (found?.kind !== 'Deployment') return found;
    return { ...found, status: { readyReplicas: valueAt(found, 'spec', 'replicas') } };
  }

  async list(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
  ): Promise<readonly KubeObject[]> {
    const resource = resourceOf(apiVersion, kind);
    if (resource !== undefined) return this.#registry.store.list(resource, namespace) as KubeObject[];
    const group = identityOf({ apiVersion, kind, name: '' }).replace(/\|\|$/, '|');
    return [...this.#unmodelled]
      .filter(([id]) => id.startsWith(group))
      .map(([, object]) => object)
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  }

  async otherManagers(): Promise<readonly string[]> {
    return [];
  }

  async apply(object: KubeObject, { dryRun = false }: WriteOptions = {}): Promise<KubeObject> {
    return this.#write(`apply ${nameOf(refOf(object))}`, dryRun, () =>
      this.#apply(object, fieldManager, dryRun),
    );
  }

  async patch(
    ref: ObjectRef,
    operations: readonly PatchOperation[],
    { dryRun = false }: WriteOptions = {},
  ): Promise<KubeObject> {
    const paths = operations.filter(({ op }) => op !== 'test').map(({ path }) => path);
    return this.#write(`patch ${nameOf(ref)} ${paths}`, dryRun, () => {
      const resource = resourceOf(ref.apiVersion, ref.kind);
      if (resource === undefined) {
        const live = this.#unmodelled.get(identityOf(ref));
        if (live === undefined) throw new CanaryError('CLUSTER_REFUSED', `${nameOf(ref)} not found`);
        return this.#keep(applyJsonPatch(live, operations) as KubeObject, dryRun);
      }
      const change = (live: StoredObject) => decodePatched(resource, applyJsonPatch(live, operations));
      return this.#registry.update(keyOf(resource, ref), change, {
        manager: fieldManager,
        dryRun,
      }) as KubeObject;
    });
  }

  async delete(ref: ObjectRef): Promise<boolean> {
    return this.#write(`delete ${nameOf(ref)}`, false, () => {
      const resource = resourceOf(ref.apiVersion, ref.kind);
      if (resource === undefined) return this.#unmodelled.delete(identityOf(ref));
      if (this.#get(ref) === undefined) return false;
      this.#registry.delete(keyOf(resource, ref), {});
      return true;
    });
  }

  uidOfMade(): undefined {
    return undefined;
  }

  async awaitReady(workloads: readonly ObjectRef[]): Promise<void> {
    for (const ref of workloads) this.strike(`await ${nameOf(ref)}`, 'before');
  }

  async formerTemplate(): Promise<undefined> {
    return undefined;
  }

  async awaitTrouble(): Promise<undefined> {
    return undefined;
  }

  async awaitDrift(): Promise<undefined> {
    return undefined;
  }

  async servedVersions(group: string): Promise<readonly string[]> {
    return group === 'getambassador.io' ? [this.mappingVersion] : [];
  }

  async isNamespaced(apiVersion: string, kind: string): Promise<boolean> {
    return resourceOf(apiVersion, kind)?.namespaced ?? !kind.startsWith('Cluster');
  }

  async #write<T>(write: string, dryRun: boolean, work: () => T): Promise<T> {
    if (dryRun) return refusing(write, work);
    this.strike(write, 'before');
    this.writes.push(write);
    const result = refusing(write, work);
    this.strike(write, 'after');
    return result;
  }

  #get(ref: ObjectRef): KubeObject | undefined {
    const resource = resourceOf(ref.apiVersion, ref.kind);
    if (resource === undefined) return this.#unmodelled.get(identityOf(ref));
    return this.#registry.store.get(resource, ref.namespace, ref.name) as KubeObject | undefined;
  }

  #apply(object: KubeObject, manager: string, dryRun: boolean): KubeObject {
    const resource = resourceOf(object.apiVersion, object.kind);
    const { managedFields: _, resourceVersion: __, uid: ___, ...metadata } = object.metadata;
    const sent = structuredClone({ ...object, metadata });
    if (resource === undefined) {
      const owner = [{ manager, operation: 'Apply' }];
      return this.#keep({ ...sent, metadata: { ...sent.metadata, managedFields: owner } }, dryRun);
    }
    const decoded = decodeApplied(resource, sent as StoredObject);
    const options = { manager, force: true, dryRun };
    return this.#registry.apply(keyOf(resource, refOf(object)), decoded, options).object as KubeObject;
  }

  #keep(object: KubeObject, dryRun: boolean): KubeObject {
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    if (!dryRun) this.#unmodelled.set(identityOf(refOf(object)), stored);
    return stored;
  }
}

function resourceOf(apiVersion: string, kind: string): Resource | undefined {
  return resources.find(resource => groupVersion(resource) === apiVersion && resource.kind === kind);
}

function keyOf(resource: Resource, { namespace, name }: ObjectRef): ObjectKey {
  return { resource, namespace: resource.namespaced ? namespace : undefined, name };
}

/** What the API server refuses, in the words of the port. */
function refusing<T>(write: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    const moved = thrown.code === 409 || (thrown.code === 422 && thrown.details?.name === undefined);
    throw new CanaryError(moved ? 'CLUSTER_CONFLICT' : 'CLUSTER_REFUSED', `Could not ${write}`, {
      found: thrown.message,
    });
  }
}
