import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { type KubeConnection, readKubeconfig } from './kube-connection.ts';
import { KubeError } from './kube-error.ts';
import type { KubeList, KubeObject } from './kube-objects.ts';
import { type WatchHandlers, watchResource } from './kube-watch.ts';

export { isKubeStatus, KubeError } from './kube-error.ts';
export type { KubeList, KubeObject, ObjectMeta, WatchEvent } from './kube-objects.ts';
export type { WatchHandlers } from './kube-watch.ts';

/** The ways to patch, by their content type. A server-side apply also needs `?fieldManager=…` in the path. */
export const patchType = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export type PatchType = (typeof patchType)[keyof typeof patchType];

const requestTimeoutMs = 30_000;

/**
 * A Kubernetes client for the rig's own parts: plain JSON over kept-alive connections, paths as the API has them
 * (`/api/v1/namespaces/default/pods?labelSelector=…`). What is not a success is thrown as a `KubeError`.
 */
export class KubeClient {
  readonly server: string;
  readonly #connection: KubeConnection;
  readonly #requests: HttpAgent;
  /** Watches stay open, so they must not count against the connections of the requests. */
  readonly #watches: HttpAgent;

  constructor(connection: KubeConnection) {
    this.#connection = connection;
    this.server = connection.server.replace(/\/$/, '');
    const { ca, cert, key } = connection;
    const identity = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
    const AgentKind = this.server.startsWith('http:') ? HttpAgent : Agent;
    this.#requests = new AgentKind({ keepAlive: true, maxSockets: 8, ...identity });
    this.#watches = new AgentKind({ keepAlive: false, ...identity });
  }

  /** A client for the current context of a kubeconfig. */
  static async fromKubeconfig(path: string): Promise<KubeClient> {
    return new KubeClient(await readKubeconfig(path));
  }

  get<T extends KubeObject = KubeObject>(path: string): Promise<T> {
    return this.#json('GET', path);
  }

  list<T extends KubeObject = KubeObject>(path: string): Promise<KubeList<T>> {
    return this.#json('GET', path);
  }

  create<T extends KubeObject = KubeObject>(path: string, body: object): Promise<T> {
    return this.#json('POST', path, body);
  }

  replace<T extends KubeObject = KubeObject>(path: string, body: object): Promise<T> {
    return this.#json('PUT', path, body);
  }

  patch<T extends KubeObject = KubeObject>(path: string, body: object, contentType: PatchType): Promise<T> {
    return this.#json('PATCH', path, body, contentType);
  }

  /** Deletes; `body` is a DeleteOptions object (`gracePeriodSeconds`, `propagationPolicy`, `preconditions`). */
  delete<T extends KubeObject = KubeObject>(path: string, body?: object): Promise<T> {
    return this.#json('DELETE', path, body);
  }

  /** The text of an answer that is no JSON object, such as `/readyz`. */
  async text(path: string): Promise<string> {
    return readText(await this.#send(this.#requests, 'GET', path));
  }

  /**
   * Lists, then watches, until the signal is aborted; then it resolves. A lost connection or an expired
   * resource version leads to a new list, so `onList` always tells the whole truth and may be called again.
   */
  watch<T extends KubeObject = KubeObject>(
    path: string,
    handlers: WatchHandlers<T>,
    signal: AbortSignal,
  ): Promise<void> {
    return watchResource(
      {
        list: () => this.list<T>(path),
        open: query => this.#send(this.#watches, 'GET', withQuery(path, query), { timeoutMs: 0, signal }),
      },
      handlers,
      signal,
    );
  }

  /** Closes the idle connections. */
  close(): void {
    this.#requests.destroy();
    this.#watches.destroy();
  }

  async #json<T>(method: string, path: string, body?: object, contentType = 'application/json'): Promise<T> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const answer = await this.#send(this.#requests, method, path, { payload, contentType });
    return JSON.parse(await readText(answer)) as T;
  }

  async #send(
    agent: HttpAgent,
    method: string,
    path: string,
    options: SendOptions = {},
  ): Promise<IncomingMessage> {
    const name = `${method} ${path}`;
    for (let attempt = 1; ; attempt++) {
      const sent = this.#attempt(agent, method, path, options);
      try {
        const answer = await sent.answer;
        const status = answer.statusCode ?? 0;
        if (status >= 200 && status < 300) return answer;
        throw KubeError.fromBody(name, status, await readText(answer));
      } catch (error) {
        // The server may close an idle connection just as we take it: nothing was done then, so ask again.
        if (attempt < 4 && sent.reused() && (error as NodeJS.ErrnoException).code === 'ECONNRESET') continue;
        throw error instanceof KubeError
          ? error
          : new Error(`${name}: ${(error as Error).message}`, { cause: error });
      }
    }
  }

  #attempt(agent: HttpAgent, method: string, path: string, options: SendOptions) {
    const url = new URL(this.server + path);
    const request = (url.protocol === 'http:' ? httpRequest : httpsRequest)(url, {
      method,
      agent,
      ...(options.signal && { signal: options.signal }),
      timeout: options.timeoutMs ?? requestTimeoutMs,
      headers: {
        accept: 'application/json',
        ...(this.#connection.token && { authorization: `Bearer ${this.#connection.token}` }),
        ...(options.payload !== undefined && {
          'content-type': options.contentType,
          'content-length': Buffer.byteLength(options.payload),
        }),
      },
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${requestTimeoutMs} ms`)));
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).on('error', reject);
    });
    request.end(options.payload);
    return { answer, reused: () => request.reusedSocket };
  }
}

interface SendOptions {
  readonly payload?: string | undefined;
  readonly contentType?: string;
  /** 0 for none. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

function withQuery(path: string, query: URLSearchParams): string {
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

async function readText(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return text;
}
