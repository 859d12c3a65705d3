import { asRecords, type KubeObject, type ObjectRef, refOf, valueAt } from '../release/kube-object.ts';
import { fieldManager } from '../release/plan.ts';
import type {
  Clock,
  Cluster,
  DeleteWishes,
  Footing,
  PatchOperation,
  TroubleOptions,
  WaitOptions,
  WriteOptions,
} from '../release/ports.ts';
import { awaitDrift } from './await-drift.ts';
import { awaitReady } from './await-ready.ts';
import { awaitTrouble } from './await-trouble.ts';
import type { Collection } from './collection.ts';
import { formerTemplate } from './former-template.ts';
import { Departures, podOwners } from './gone.ts';
import { KnownObjects } from './known-objects.ts';
import type { KubeApi } from './kube-api.ts';
import { patchObject } from './patch-object.ts';
import { type ServerVersion, serverVersion } from './reachability.ts';

/** The cluster through its API server. */
export class KubeCluster implements Cluster {
  readonly #api: KubeApi;
  readonly #clock: Clock;
  readonly #known: KnownObjects;
  readonly #departures: Departures;

  constructor(api: KubeApi, clock: Clock, known = new KnownObjects()) {
    this.#api = api;
    this.#clock = clock;
    this.#known = known;
    this.#departures = new Departures(api, clock);
  }

  /** The same cluster, in which nothing is written once `fence` throws; what is urgent still is. */
  fenced(fence: () => void): KubeCluster {
    return new KubeCluster(this.#api.fenced(fence), this.#clock, this.#known);
  }

  get(ref: ObjectRef): Promise<KubeObject | undefined> {
    return this.#api.get(ref);
  }

  /** All objects of a kind: of a namespace, or of all where none is named. */
  async list(
    apiVersion: string,
    kind: string,
    namespace: string | undefined,
    options: { readonly labelSelector?: string } = {},
  ): Promise<readonly KubeObject[]> {
    const collection = { apiVersion, kind, ...(namespace && { namespace }), ...options };
    const listing = await this.#api.list(collection);
    if (options.labelSelector === undefined) this.#known.listed(collection, listing);
    return listing.objects;
  }

  /** What `list` has last brought of these, without asking anybody; `undefined` where it was not asked for all of them. */
  listed(apiVersion: string, kind: string, namespace: string | undefined): readonly KubeObject[] | undefined {
    return this.#known.listingOf({ apiVersion, kind, ...(namespace && { namespace }) })?.objects;
  }

  async apply(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const ref = refOf(object);
    const reply = await this.#api.ask('patch', ref, {
      // Its body may be JSON: that is YAML.
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager, force: 'true', ...(options.dryRun && { dryRun: 'All' }) },
      body: applicable(object),
    });
    const stored = this.#remember(await this.#api.objectOf(ref, reply), options);
    // Where an earlier try got through unheard, it was there already: then it is as if somebody else had made it.
    if (reply.status === 201 && !options.dryRun) this.#known.made(stored);
    return stored;
  }

  uidOfMade(ref: ObjectRef): string | undefined {
    return this.#known.uidOfMade(ref);
  }

  /**
   * The field managers that applying this object would take fields from, as the server's refusal of an apply that is not
   * forced names them. Changes nothing.
   */
  async otherManagers(object: KubeObject): Promise<readonly string[]> {
    const reply = await this.#api.ask('patch', refOf(object), {
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager, dryRun: 'All' },
      body: applicable(object),
    });
    if (reply.status !== 409) return [];
    const messages = asRecords(valueAt(reply.body, 'details', 'causes'))
      .filter(({ reason }) => reason === 'FieldManagerConflict')
      .map(({ message }) => /^conflict with "([^"]*)"/.exec(String(message))?.[1]);
    // What an earlier promotion replaced is ours by an update, and an apply counts as somebody else.
    const others = messages.filter(name => name !== undefined).filter(name => name !== fieldManager);
    return [...new Set(others)].sort();
  }

  async patch(
    ref: ObjectRef,
    operations: readonly PatchOperation[],
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    return this.#remember(await patchObject(this.#api, ref, operations, options), options);
  }

  formerTemplate(deployment: KubeObject, digest: string): Promise<unknown> {
    return formerTemplate(this.#api, deployment, digest);
  }

  async delete(ref: ObjectRef, { gone, uid }: DeleteWishes = {}): Promise<boolean> {
    // Who waits for a workload's end means its pods as well, so then they go first. Otherwise the name is free at once,
    // and the garbage collector takes the pods in its own time.
    const foreground = gone !== undefined && podOwners.has(ref.kind);
    const options = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: foreground ? 'Foreground' : 'Background',
      ...(uid !== undefined && { preconditions: { uid } }),
    };
    const remove = () => this.#api.remove(ref, options);
    return gone === undefined ? (await remove()).found : this.#departures.delete(ref, remove, gone);
  }

  awaitReady(workloads: readonly ObjectRef[], options: WaitOptions): Promise<void> {
    const written = (ref: ObjectRef) => this.#known.takeWritten(ref);
    return awaitReady(this.#api, this.#clock, workloads, { ...options, written });
  }

  awaitTrouble(workloads: readonly KubeObject[], options: TroubleOptions): Promise<string | undefined> {
    return awaitTrouble(this.#api, this.#clock, workloads, options);
  }

  awaitDrift(footing: readonly Footing[], options: TroubleOptions): Promise<string | undefined> {
    const known = (collection: Collection) => this.#known.listingOf(collection);
    const sign = awaitDrift(this.#api, this.#clock, footing, { ...options, known });
    // The watches have begun, and a release may be long.
    this.#known.forgetListings();
    return sign;
  }

  /** The versions of an API group that the cluster serves, the preferred one first; none for a group that it lacks. */
  servedVersions(group: string): Promise<readonly string[]> {
    return this.#api.resources.servedVersions(group);
  }

  /** Whether objects of this kind live in namespaces. `KIND_UNKNOWN` where the cluster does not serve it. */
  async isNamespaced(apiVersion: string, kind: string): Promise<boolean> {
    return (await this.#api.resources.resourceOf(apiVersion, kind)).namespaced;
  }

  version(): Promise<ServerVersion> {
    return serverVersion(this.#api.transport);
  }

  #remember(object: KubeObject, { dryRun = false }: WriteOptions): KubeObject {
    if (!dryRun && podOwners.has(object.kind)) this.#known.wrote(object);
    return object;
  }
}

/** Server-side apply refuses managedFields; a resourceVersion or uid would make it depend on one stored object. */
function applicable(object: KubeObject): KubeObject {
  const { managedFields: _, resourceVersion: __, uid: ___, ...metadata } = object.metadata;
  return { ...object, metadata };
}
