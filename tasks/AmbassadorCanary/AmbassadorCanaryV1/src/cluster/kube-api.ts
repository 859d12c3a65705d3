import { type KubeObject, type ObjectRef, refOf, valueAt } from '../release/kube-object.ts';
import { fieldManager } from '../release/plan.ts';
import { isObjectMissing, notJson, refused } from './api-errors.ts';
import type { ApiAnswer, ApiRequest, Verb } from './api-request.ts';
import type { Collection, Listing } from './collection.ts';
import { type Extras, isChange, objectRequest } from './object-request.ts';
import { type Asked, readObject } from './read-object.ts';
import { Resources } from './resources.ts';
import type { Transport } from './transport.ts';
import { HistoryGone, readWatchEvent, type WatchEvent } from './watch-event.ts';

/** What came of a delete. */
export interface Removed {
  /** Whether there was anything. */
  readonly found: boolean;
  /** What is still there, ending. */
  readonly ending?: KubeObject;
}

/** A request and what came of it. */
export interface Reply extends ApiAnswer {
  readonly request: ApiRequest;
}

const pageSize = 500;
/** The server ends a watch after this time, however quiet; a stream that outlives it by half a minute has died silently. */
const watchSeconds = 290;
const watchGrace = 30;

/** Kubernetes' verbs on plain objects. What is sent is what was given; refusals become `CanaryError`s that name the object. */
export class KubeApi {
  readonly transport: Transport;
  readonly resources: Resources;

  readonly #fence: (() => void) | undefined;

  constructor(transport: Transport, resources = new Resources(transport), fence?: () => void) {
    this.transport = transport;
    this.resources = resources;
    this.#fence = fence;
  }

  /**
   * The same, but `fence` is called before each try of each write, and throws where nothing may be written any more. What changes
   * nothing passes, and so does what is urgent: taking traffic off a canary is never wrong.
   */
  fenced(fence: () => void): KubeApi {
    return new KubeApi(this.transport, this.resources, fence);
  }

  /** The object, or `undefined` where there is none; `KIND_UNKNOWN` where its kind is not served. */
  async get(ref: ObjectRef): Promise<KubeObject | undefined> {
    const reply = await this.ask('get', ref);
    return isObjectMissing(reply) ? undefined : this.objectOf(ref, reply);
  }

  /** All of them, however many pages it takes. */
  async list(collection: Collection, signal?: AbortSignal): Promise<Listing> {
    const objects: KubeObject[] = [];
    let query: Record<string, string> = { limit: String(pageSize) };
    for (;;) {
      const reply = await this.ask('list', collection, { query, ...(signal && { signal }) });
      if (reply.status === 410 && query.limit !== undefined) {
        // The pages' common moment has been compacted away. As kubectl's library does: once more, in one piece.
        objects.length = 0;
        query = {};
        continue;
      }
      await this.#check(collection, reply);
      const items = valueAt(reply.body, 'items');
      for (const item of Array.isArray(items) ? items : []) {
        objects.push(readObject(item, collection) ?? this.#throwStrange(reply));
      }
      const next = valueAt(reply.body, 'metadata', 'continue');
      if (typeof next !== 'string' || next === '') {
        const version = valueAt(reply.body, 'metadata', 'resourceVersion');
        return { objects, resourceVersion: typeof version === 'string' ? version : '' };
      }
      query = { limit: String(pageSize), continue: next };
    }
  }

  /** What happens to a collection after this resource version, until the server ends it (some minutes) or the signal. */
  async *watch(
    collection: Collection,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent, void> {
    const query = {
      watch: '1',
      resourceVersion,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(watchSeconds),
    };
    const overdue = AbortSignal.timeout((watchSeconds + watchGrace) * 1000);
    const request = await this.#request('watch', collection, {
      query,
      signal: AbortSignal.any([signal, overdue]),
    });
    const answer = await this.transport.open(request);
    if (!('lines' in answer)) {
      if (answer.status === 410) throw new HistoryGone();
      await this.#check(collection, { ...answer, request });
      throw refused(request, answer);
    }
    for await (const line of answer.lines) yield readWatchEvent(line, collection);
  }

  /** Rejects with `CLUSTER_CONFLICT` where the object exists. */
  async create(object: KubeObject): Promise<KubeObject> {
    const { apiVersion, kind, metadata } = object;
    const collection = { apiVersion, kind, ...(metadata.namespace && { namespace: metadata.namespace }) };
    const request = await this.#request('create', collection, { body: object, query: { fieldManager } });
    const named = { ...request, what: `${kind} ${metadata.namespace ?? ''}/${metadata.name}` };
    return this.objectOf(refOf(object), { ...(await this.transport.send(named)), request: named });
  }

  /** Puts the whole object; its resourceVersion must be the stored one, else `CLUSTER_CONFLICT`. */
  async replace(object: KubeObject, options: Pick<Extras, 'urgent'> = {}): Promise<KubeObject> {
    const ref = refOf(object);
    const reply = await this.ask('update', ref, { ...options, body: object, query: { fieldManager } });
    return this.objectOf(ref, reply);
  }

  /** `options` is a DeleteOptions object; what it does not fit is a `CLUSTER_CONFLICT`. */
  async remove(ref: ObjectRef, options: Readonly<Record<string, unknown>>): Promise<Removed> {
    const reply = await this.ask('delete', ref, { body: options });
    // A second try finds nothing where the first got through unheard.
    if (isObjectMissing(reply)) return { found: reply.repeated === true };
    await this.#check(ref, reply);
    if (valueAt(reply.body, 'kind') === 'Status') return { found: true };
    const object = await this.objectOf(ref, reply);
    // The server answers with the object also where it has gone at once: only what has to wait is marked.
    return object.metadata.deletionTimestamp === undefined
      ? { found: true }
      : { found: true, ending: object };
  }

  /** One request about an object or a collection; resolves to the reply, whatever it says. */
  async ask(verb: Verb, target: ObjectRef | Collection, extras: Extras = {}): Promise<Reply> {
    const request = await this.#request(verb, target, extras);
    return { ...(await this.transport.send(request)), request };
  }

  /** The object of a reply; throws what a refusal means. */
  async objectOf(about: Asked, reply: Reply): Promise<KubeObject> {
    await this.#check(about, reply);
    return readObject(reply.body, about) ?? this.#throwStrange(reply);
  }

  /** Whoever answers so is no API server, whatever the status says. */
  #throwStrange({ request, status, body }: Reply): never {
    throw notJson(request, this.transport.server, status, JSON.stringify(body));
  }

  async #check(about: Pick<ObjectRef, 'apiVersion' | 'kind'>, reply: Reply): Promise<void> {
    if (reply.status < 300) return;
    // A 404 that names no object says that the path itself is unknown: the CRD or its version is not there.
    if (reply.status === 404 && !isObjectMissing(reply)) {
      throw await this.resources.unknownKind(about.apiVersion, about.kind);
    }
    throw refused(reply.request, reply);
  }

  async #request(verb: Verb, target: ObjectRef | Collection, extras: Extras): Promise<ApiRequest> {
    const { apiVersion, kind } = target;
    const resource = await this.resources.resourceOf(apiVersion, kind);
    const request = objectRequest(verb, target, resource, extras);
    return this.#fence !== undefined && isChange(request) ? { ...request, fence: this.#fence } : request;
  }
}
