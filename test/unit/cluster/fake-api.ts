import type { ServerResponse } from 'node:http';
import { until } from '../../../rig/until.ts';
import { valueAtPointer } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/json-patch.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { type Handler, json, type Received, status, TestServer } from './test-server.ts';

type Reply = readonly [code: number, body: unknown];

interface Happening {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly path: string;
  readonly object: KubeObject;
  readonly version: number;
}

/**
 * What an API server does with objects, as far as these tests need it, answering as one of 1.35 was seen to: versions, uids,
 * watches with history, preconditions, JSON patches. Kinds outside of `served` get its plain 404.
 */
export class FakeApi {
  readonly server: TestServer;
  /** Group versions and the plurals in them. */
  readonly served: Record<string, Record<string, { kind: string; namespaced: boolean }>> = {
    'apps/v1': { deployments: { kind: 'Deployment', namespaced: true } },
    'coordination.k8s.io/v1': { leases: { kind: 'Lease', namespaced: true } },
    v1: {
      configmaps: { kind: 'ConfigMap', namespaced: true },
      events: { kind: 'Event', namespaced: true },
      namespaces: { kind: 'Namespace', namespaced: false },
      pods: { kind: 'Pod', namespaced: true },
      secrets: { kind: 'Secret', namespaced: true },
    },
  };
  /** Objects end only when this is false: as with a finalizer. */
  holdsDeleted = false;
  /** Plurals that the client may not read. */
  readonly forbidden = new Set<string>();
  readonly #objects = new Map<string, KubeObject>();
  readonly #history: Happening[] = [];
  readonly #watches = new Set<{ readonly received: Received; readonly response: ServerResponse }>();
  #version = 100;

  private constructor(server: (handler: Handler) => TestServer) {
    this.server = server((received, response) => this.#answer(received, response));
  }

  static async start(): Promise<FakeApi> {
    let handle: Handler = () => {};
    const server = await TestServer.start((...all) => handle(...all));
    return new FakeApi(handler => {
      handle = handler;
      return server;
    });
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** Resolves when so many watches are open. */
  async watched(count = 1): Promise<void> {
    await until(`${count} open watches`, () => this.openWatches === count, { everyMs: 5 });
  }

  /** Resolves when the last watch has ended. */
  async noWatchLeft(): Promise<void> {
    await this.watched(0);
  }

  object(path: string): KubeObject | undefined {
    return this.#objects.get(path);
  }

  /** Stores as another client would: a new version, and a new uid where it is new. */
  put(path: string, object: object): KubeObject {
    const before = this.#objects.get(path);
    const given = object as KubeObject;
    const metadata = {
      ...given.metadata,
      uid: before?.metadata.uid ?? given.metadata.uid ?? `uid-${++this.#version}`,
      resourceVersion: String(++this.#version),
    };
    const stored: KubeObject = { ...given, metadata };
    this.#objects.set(path, stored);
    this.#tell({ type: before ? 'MODIFIED' : 'ADDED', path, object: stored, version: this.#version });
    return stored;
  }

  /** Stores what no watch tells of. */
  putSilently(path: string, object: KubeObject): void {
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    this.#objects.set(path, { ...object, metadata });
  }

  remove(path: string): void {
    const before = this.#objects.get(path);
    if (before === undefined) return;
    this.#objects.delete(path);
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(++this.#version) } };
    this.#tell({ type: 'DELETED', path, object, version: this.#version });
  }

  /** Forgets what happened, so that a watch from the past gets 410. */
  compact(): void {
    this.#history.length = 0;
    this.#oldest = this.#version;
  }
  #oldest = 0;

  /** Ends all watches, with a last line where one is given. */
  endWatches(line?: string): void {
    for (const { response } of this.#watches) response.end(line);
    this.#watches.clear();
  }

  #tell(happening: Happening): void {
    this.#history.push(happening);
    for (const { received, response } of this.#watches) {
      if (matches(received, happening)) response.write(lineOf(happening));
    }
  }

  #answer(received: Received, response: ServerResponse): void {
    const reply = this.#reply(received, response);
    if (reply === undefined) return;
    const [code, body] = reply;
    if (typeof body === 'string') response.writeHead(code).end(body);
    else json(response, code, body);
  }

  /** `undefined` where the answer is a stream that has begun. */
  #reply(received: Received, response: ServerResponse): Reply | undefined {
    const { path, method, query, headers } = received;
    if (path === '/version') return [200, { gitVersion: 'v1.35.4' }];
    const place = this.#placeOf(path);
    if (place === undefined) return this.#discover(path) ?? [404, '404 page not found\n'];
    if (this.forbidden.has(place.plural)) {
      return [403, status(403, 'Forbidden', `User "weak" cannot list resource "${place.plural}"`)];
    }
    if (!place.isObject && method === 'POST') return this.#create(received);
    if (!place.isObject)
      return query.get('watch') === '1' ? this.#watch(received, response) : this.#list(received);
    const stored = this.#objects.get(path);
    // As with Leases, putting or applying makes what is not there.
    const makes = method === 'PUT' || headers['content-type'] === 'application/apply-patch+yaml';
    if (stored === undefined && !makes) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      return [404, status(404, 'NotFound', `${place.plural} "${name}" not found`, { name })];
    }
    if (method === 'GET') return [200, stored];
    return method === 'DELETE' ? this.#delete(received, stored as KubeObject) : this.#write(received, stored);
  }

  #write(received: Received, stored: KubeObject | undefined): Reply {
    const body = JSON.parse(received.text);
    const dry = received.query.get('dryRun') === 'All';
    let result = body;
    if (received.headers['content-type'] === 'application/json-patch+json') {
      result = structuredClone(stored);
      for (const operation of body) {
        if (!operate(result, operation))
          return [422, status(422, 'Invalid', 'the server rejected our request')];
      }
    }
    const { resourceVersion, uid, name } = body.metadata ?? {};
    // A version does not keep it from making what is not there; a uid does.
    const stale = resourceVersion && stored && resourceVersion !== stored.metadata.resourceVersion;
    if (stale || (uid !== undefined && uid !== stored?.metadata.uid)) {
      return [409, status(409, 'Conflict', 'the object has been modified', { name })];
    }
    return [stored ? 200 : 201, dry ? result : this.put(received.path, result)];
  }

  #delete(received: Received, stored: KubeObject): Reply {
    const { preconditions = {} } = received.text === '' ? {} : JSON.parse(received.text);
    const { uid, resourceVersion } = preconditions;
    const { metadata } = stored;
    const { name } = metadata;
    if ((uid && uid !== metadata.uid) || (resourceVersion && resourceVersion !== metadata.resourceVersion)) {
      return [409, status(409, 'Conflict', 'the precondition does not match', { name })];
    }
    if (this.holdsDeleted) {
      const ending = { ...metadata, deletionTimestamp: 'now', finalizers: ['held/by-test'] };
      return [200, this.put(received.path, { ...stored, metadata: ending })];
    }
    this.remove(received.path);
    return [200, { kind: 'Status', status: 'Success' }];
  }

  #create(received: Received): Reply {
    const body = JSON.parse(received.text);
    const { name } = body.metadata;
    const path = `${received.path}/${name}`;
    if (this.#objects.has(path))
      return [409, status(409, 'AlreadyExists', `"${name}" already exists`, { name })];
    return [201, this.put(path, body)];
  }

  #list(received: Received): Reply {
    const all = [...this.#objects].filter(([path, object]) => matches(received, { path, object }));
    const limit = Number(received.query.get('limit') ?? '1000000');
    const start = Number(received.query.get('continue') ?? '0');
    const more = start + limit < all.length;
    const metadata = {
      resourceVersion: String(this.#version),
      ...(more && { continue: String(start + limit) }),
    };
    const items = all.slice(start, start + limit).map(([, { apiVersion: _, kind: __, ...item }]) => item);
    return [200, { kind: 'List', metadata, items }];
  }

  #watch(received: Received, response: ServerResponse): Reply | undefined {
    const since = Number(received.query.get('resourceVersion'));
    if (since < this.#oldest) return [410, status(410, 'Expired', 'too old resource version')];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const happening of this.#history) {
      if (happening.version > since && matches(received, happening)) response.write(lineOf(happening));
    }
    const watch = { received, response };
    this.#watches.add(watch);
    response.once('close', () => this.#watches.delete(watch));
    return undefined;
  }

  #discover(path: string): Reply | undefined {
    const [, root, group, version] = path.split('/');
    const resources = this.served[root === 'api' ? String(group) : `${group}/${version}`];
    if (resources !== undefined) {
      const list = Object.entries(resources).map(([name, resource]) => ({ name, ...resource }));
      const scale = { name: `${list[0]?.name}/scale`, kind: 'Scale', namespaced: true };
      return [200, { resources: [...list, scale] }];
    }
    const versions = Object.keys(this.served).filter(one => one.startsWith(`${group}/`));
    if (version !== undefined || versions.length === 0) return undefined;
    const entries = versions.map(groupVersion => ({ groupVersion, version: groupVersion.split('/')[1] }));
    return [200, { kind: 'APIGroup', versions: entries, preferredVersion: entries[0] }];
  }

  #placeOf(path: string): { plural: string; isObject: boolean } | undefined {
    const match = /^\/apis?\/((?:[^/]+\/)?v[^/]+)\/(?:namespaces\/[^/]+\/)?([^/]+)(\/[^/]+)?$/.exec(path);
    const [, groupVersion = '', plural = '', name] = match ?? [];
    return this.served[groupVersion]?.[plural] && { plural, isObject: name !== undefined };
  }
}

function matches(
  { path, query }: Received,
  found: { readonly path: string; readonly object: KubeObject },
): boolean {
  const inAll = path.replace(/\/namespaces\/[^/]+\//, '/');
  const collection = found.path.slice(0, found.path.lastIndexOf('/'));
  const [field, value] = (query.get('fieldSelector') ?? '').split('=');
  if (field === 'metadata.name' && value !== found.object.metadata.name) return false;
  return collection === path || (inAll === path && collection.replace(/\/namespaces\/[^/]+\//, '/') === path);
}

function lineOf({ type, object }: Happening): string {
  return `${JSON.stringify({ type, object })}\n`;
}

/** One operation of a JSON patch on named fields; false where it does not fit. */
function operate(
  object: unknown,
  { op, path, value }: { op: string; path: string; value?: unknown },
): boolean {
  const at = path.lastIndexOf('/');
  const parent = valueAtPointer(object, path.slice(0, at)) as Record<string, unknown> | undefined;
  const key = path
    .slice(at + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  if (op === 'test') return JSON.stringify(parent?.[key]) === JSON.stringify(value);
  if (parent === undefined || (op === 'remove' && !(key in parent))) return false;
  if (op === 'remove') delete parent[key];
  else parent[key] = value;
  return true;
}
