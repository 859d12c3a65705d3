import assert from 'node:assert/strict';
import type { SurveyCluster } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/survey.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  asRecord,
  identityOf,
  type KubeObject,
  nameOf,
  type ObjectRef,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type {
  PatchOperation,
  WriteOptions,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';

/** Kinds without a namespace. */
const clusterWide = ['Namespace', 'ClusterRole'];

/**
 * An API server that says what would come of a write, and fails the test that really writes. Like a real one it fills in
 * defaults, keeps on apply what another manager owns, and shows an object in each version of its kind.
 */
export class DryRunCluster implements SurveyCluster {
  /** What was asked, in order: `list v1 Service shop`. */
  readonly asked: string[] = [];
  /** Versions of the API group of Mappings. */
  mappingVersions: readonly string[] = ['v3alpha1'];
  /** Versions of the group that they had in Emissary 2.0. */
  earlyVersions: readonly string[] = [];
  /** Lists that are not allowed: `list v1 Service everywhere`. */
  readonly forbidden: RegExp[] = [];
  /** Names of objects that are refused, with the reason. */
  readonly refused = new Map<string, string>();
  /** Lists (`list v1 Secret shop`) and names of objects that may not be seen. */
  readonly hidden = new Set<string>();
  /** Versions of a group that this server does not have: `autoscaling/v2`. */
  readonly unserved = new Set<string>();
  /** Names of objects that may not be written. */
  readonly unwritable = new Set<string>();
  /** Who else manages fields of an object, by its name. */
  readonly managers = new Map<string, readonly string[]>();
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #objects = new Map<string, KubeObject>();

  constructor(...objects: readonly KubeObject[]) {
    for (const object of objects) this.put(object);
  }

  put(object: KubeObject): KubeObject {
    const stored = this.#serve(object);
    this.#objects.set(identityOf(refOf(object)), stored);
    return stored;
  }

  async get(ref: ObjectRef): Promise<KubeObject | undefined> {
    this.asked.push(`get ${nameOf(ref)}`);
    if (this.hidden.has(nameOf(ref)))
      throw new CanaryError('CLUSTER_FORBIDDEN', `Could not get ${nameOf(ref)}`);
    const stored = this.#objects.get(identityOf(ref));
    return stored && inVersion(stored, ref.apiVersion);
  }

  async list(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
  ): Promise<readonly KubeObject[]> {
    const question = `list ${apiVersion} ${kind} ${namespace ?? 'everywhere'}`;
    this.asked.push(question);
    if (this.hidden.has(question) || this.forbidden.some(pattern => pattern.test(question))) {
      throw new CanaryError('CLUSTER_FORBIDDEN', `Could not ${question}`);
    }
    if (this.unserved.has(apiVersion)) {
      throw new CanaryError('KIND_UNKNOWN', `The cluster does not serve ${kind} of ${apiVersion}`);
    }
    const groupOf = (ref: ObjectRef) => identityOf({ ...ref, namespace: '', name: '' });
    const group = groupOf({ apiVersion, kind, name: '' });
    return [...this.#objects.values()]
      .filter(object => groupOf(refOf(object)) === group)
      .filter(object => namespace === undefined || object.metadata.namespace === namespace)
      .map(object => inVersion(object, apiVersion));
  }

  async otherManagers(object: KubeObject): Promise<readonly string[]> {
    return this.managers.get(object.metadata.name) ?? [];
  }

  async apply(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    await this.#try('apply', refOf(object), options);
    const live = this.#objects.get(identityOf(refOf(object)));
    return this.#serve(live === undefined ? object : merged(inVersion(live, object.apiVersion), object));
  }

  async patch(
    ref: ObjectRef,
    operations: readonly PatchOperation[],
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    await this.#try('patch', ref, options);
    const live = this.#objects.get(identityOf(ref));
    const [operation, ...others] = operations;
    assert.ok(live !== undefined && operation !== undefined && 'value' in operation && others.length === 0);
    const field = operation.path.replace(/^\/spec\//, '');
    assert.ok(['template', 'minReplicas', 'minReplicaCount'].includes(field), field);
    return this.#serve({ ...live, spec: { ...asRecord(live.spec), [field]: operation.value } });
  }

  async delete(): Promise<boolean> {
    assert.fail('a dry run deletes nothing');
  }

  uidOfMade(): undefined {
    return undefined;
  }

  async awaitReady(): Promise<void> {
    assert.fail('a dry run waits for nothing');
  }

  async formerTemplate(): Promise<undefined> {
    assert.fail('a dry run restores nothing');
  }

  async awaitTrouble(): Promise<undefined> {
    assert.fail('a dry run watches nothing');
  }

  async awaitDrift(): Promise<undefined> {
    assert.fail('a dry run watches nothing');
  }

  async servedVersions(group: string): Promise<readonly string[]> {
    if (group === 'x.getambassador.io') return this.earlyVersions;
    return group === 'getambassador.io' ? this.mappingVersions : [];
  }

  async isNamespaced(_: string, kind: string): Promise<boolean> {
    return !clusterWide.includes(kind);
  }

  async #try(verb: string, ref: ObjectRef, { dryRun }: WriteOptions): Promise<void> {
    assert.equal(dryRun, true, `${verb} ${nameOf(ref)} would have been a write`);
    this.asked.push(`${verb} ${nameOf(ref)}`);
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    await new Promise(resolve => setImmediate(resolve));
    this.#atOnce -= 1;
    if (this.unwritable.has(ref.name)) {
      throw new CanaryError('CLUSTER_FORBIDDEN', `Could not ${verb} ${nameOf(ref)}: not allowed`);
    }
    const reason = this.refused.get(ref.name);
    if (reason !== undefined)
      throw new CanaryError('CLUSTER_REFUSED', `Could not ${verb} ${nameOf(ref)}: ${reason}`);
  }

  /** As the server shows it: with its bookkeeping, its status and its defaults. */
  #serve(object: KubeObject): KubeObject {
    const bookkeeping = {
      uid: `uid of ${object.metadata.name}`,
      resourceVersion: String(this.asked.length),
      generation: this.asked.length,
      creationTimestamp: 'then',
    };
    const metadata = { managedFields: [{ time: this.asked.length }], ...object.metadata, ...bookkeeping };
    if (object.kind !== 'Deployment') return { ...object, metadata };
    const spec = asRecord(object.spec) ?? {};
    const template = asRecord(spec.template) ?? {};
    return {
      ...object,
      metadata,
      spec: {
        replicas: 1,
        revisionHistoryLimit: 10,
        ...spec,
        template: {
          ...template,
          metadata: { creationTimestamp: null, ...asRecord(template.metadata) },
          spec: { restartPolicy: 'Always', ...asRecord(template.spec) },
        },
      },
      status: { observedGeneration: this.asked.length },
    };
  }
}

/** A Mapping of v2 says `host` where one of v3alpha1 says `hostname`, and so on for whatever has two versions. */
function inVersion(object: KubeObject, apiVersion: string): KubeObject {
  if (object.apiVersion === apiVersion) return object;
  const [before, after] = apiVersion.endsWith('/v3alpha1') ? ['host', 'hostname'] : ['hostname', 'host'];
  const { [before]: host, ...spec } = asRecord(object.spec) ?? {};
  return { ...object, apiVersion, spec: host === undefined ? spec : { ...spec, [after]: host } };
}

/** Server-side apply: fields of others stay, list items with a name are merged by it. */
function merged<T>(live: T, applied: unknown): T {
  if (Array.isArray(live) && Array.isArray(applied)) {
    const nameOfItem = (item: unknown) => asRecord(item)?.name;
    if (!applied.every(item => nameOfItem(item) !== undefined)) return applied as T;
    const others = live.filter(item => !applied.some(own => nameOfItem(own) === nameOfItem(item)));
    const own = applied.map(item =>
      merged(
        live.find(one => nameOfItem(one) === nameOfItem(item)),
        item,
      ),
    );
    return [...own, ...others] as T;
  }
  const [left, right] = [asRecord(live), asRecord(applied)];
  if (left === undefined || right === undefined) return applied as T;
  const fields = Object.entries(right).map(([field, value]) => [field, merged(left[field], value)] as const);
  return { ...left, ...Object.fromEntries(fields) } as T;
}
