import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import type { Certificate } from '../tls/certificate.ts';
import { authenticate, authorize, isReview, reviews, type User } from './access.ts';
import type { Answer, Content } from './answer.ts';
import { type ObjectCall, readCall } from './call.ts';
import { discover, isServed, notServed } from './discovery.ts';
import { handleObjects, reviewAccess, reviewRules } from './handle-objects.ts';
import { asApiError } from './read-body.ts';
import type { ObjectKey, Registry } from './registry.ts';
import { resources } from './resources.ts';
import { type Backend, relay } from './service-proxy.ts';
import { methodNotAllowed, PathNotServed } from './status.ts';
import { watch } from './watch.ts';

/** One answered request, as the audit log of a real cluster has it. */
export interface RequestRecord {
  readonly at: number;
  readonly user: string;
  readonly method: string;
  readonly path: string;
  readonly code: number;
}

export interface ApiServerOptions {
  readonly registry: Registry;
  readonly users: readonly User[];
  readonly certificate: Certificate;
  /** 0 for a free one. */
  readonly port: number;
  /** API groups that nobody installed. */
  readonly missingGroups: readonly string[];
  /** Who answers behind the Services; nobody where nothing is said. */
  readonly backend?: Backend;
}

/** The API server on `https://127.0.0.1`: what comes in is read, allowed, and handed to the registry. */
export class ApiServer {
  readonly requests: RequestRecord[] = [];
  readonly #options: ApiServerOptions;
  readonly #server: Server;

  private constructor(options: ApiServerOptions) {
    this.#options = options;
    const { key, cert } = options.certificate;
    this.#server = createServer({ key, cert }, (request, response) => void this.#serve(request, response));
  }

  static async start(options: ApiServerOptions): Promise<ApiServer> {
    const server = new ApiServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
    });
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends everything that is open, watches too. */
  async stop(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', this.url);
    let user = 'system:anonymous';
    try {
      const who = authenticate(request.headers.authorization, this.#options.users);
      user = who.name;
      const call = readCall(method, url);
      authorize(who, call);
      if (this.#isMissing(url)) throw new PathNotServed();
      const content = await readContent(request);
      if (call.kind === 'server') {
        if (method !== 'GET') throw methodNotAllowed();
        return send(response, { code: 200, body: discover(url.pathname, url.host) });
      }
      if (isReview(call.access) && method === 'POST') {
        const answer = call.access.resource === reviews.access ? reviewAccess : reviewRules;
        return send(response, answer(who, content));
      }
      const key = keyOf(call);
      if (call.access.verb === 'watch') return this.#watch(key, url.searchParams, response);
      const { registry, backend } = this.#options;
      if (call.access.subresource === 'proxy') return send(response, relay(registry, key, url, backend));
      send(response, handleObjects({ registry, call, key, query: url.searchParams, content }));
    } catch (error) {
      sendError(response, error);
    } finally {
      const { statusCode } = response;
      this.requests.push({ at: Date.now(), user, method, path: url.pathname + url.search, code: statusCode });
    }
  }

  #isMissing({ pathname }: URL): boolean {
    return this.#options.missingGroups.some(group => `${pathname}/`.startsWith(`/apis/${group}/`));
  }

  #watch(key: ObjectKey, query: URLSearchParams, response: ServerResponse): void {
    response.setHeader('content-type', 'application/json');
    const stop = watch(this.#options.registry, key, query, {
      write: event => response.write(`${JSON.stringify(event)}\n`),
      end: () => response.end(),
    });
    // Only now, for a query that can't be read is answered with an error; and at once, for there may be nothing to tell yet.
    response.flushHeaders();
    response.on('close', stop);
  }
}

function keyOf({ version, access }: ObjectCall): ObjectKey {
  const { group, resource: plural, namespace, name = '', subresource } = access;
  if (!isServed(group, version)) throw notServed(group);
  const resource = resources.find(candidate => candidate.group === group && candidate.plural === plural);
  const hasPart =
    subresource === undefined ||
    (subresource === 'status' && resource?.hasStatus) ||
    (subresource === 'scale' && resource?.hasScale) ||
    (subresource === 'proxy' && resource?.kind === 'Service');
  if (!resource || !hasPart) throw notServed(group);
  return { resource, namespace, name };
}

async function readContent(request: IncomingMessage): Promise<Content> {
  return {
    type: (request.headers['content-type'] ?? 'application/json').split(';', 1)[0]?.trim() ?? '',
    body: await readText(request),
    userAgent: request.headers['user-agent'],
  };
}

function send(response: ServerResponse, { code, body, warnings = [] }: Answer): void {
  const isText = typeof body === 'string';
  const content = isText ? body : JSON.stringify(body);
  response.statusCode = code;
  response.setHeader('cache-control', 'no-cache, private');
  response.setHeader('content-type', isText ? 'text/plain; charset=utf-8' : 'application/json');
  response.setHeader('content-length', Buffer.byteLength(content));
  if (warnings.length > 0) {
    response.setHeader(
      'warning',
      warnings.map(text => `299 - ${JSON.stringify(text)}`),
    );
  }
  response.end(content);
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof PathNotServed) {
    send(response, { code: 404, body: error.text });
  } else {
    const answer = asApiError(error);
    send(response, { code: answer.code, body: answer.toStatus() });
  }
}
