import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http';
import {
  type AgentOptions,
  Agent as HttpsAgent,
  request as httpsRequest,
  type RequestOptions,
} from 'node:https';
import { connect as connectPlainly, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';
import type { Secret } from '../release/secret.ts';

/** An HTTP proxy. */
export interface HttpProxy {
  /** http or https, with nothing but host and port: errors name it. */
  readonly url: string;
  /** The whole Proxy-Authorization header. */
  readonly authorization?: Secret;
  /** Whom an https proxy has to be. */
  readonly trust?: Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>;
}

type Connected = (error: Error | null, socket: Duplex) => void;

/** How long a proxy may take to open the way to a server. */
const patience = 10_000;

/** The agent for servers of this URL's scheme: straight, or through a proxy. */
export function agentVia(
  proxy: HttpProxy | undefined,
  { protocol }: URL,
  options: AgentOptions,
): HttpAgent | HttpsAgent {
  if (protocol === 'https:') {
    return proxy === undefined ? new HttpsAgent(options) : new TunnelAgent(proxy, options);
  }
  return proxy === undefined ? new HttpAgent(options) : new ForwardAgent(proxy, options);
}

/** Reaches its servers through a tunnel (CONNECT), in which TLS is spoken with the server itself. */
class TunnelAgent extends HttpsAgent {
  readonly #proxy: HttpProxy;

  constructor(proxy: HttpProxy, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  /** Called by node for each new connection; the answer comes through `connected`. */
  override createConnection(options: RequestOptions, connected: Connected = () => {}): undefined {
    const host = String(options.host);
    const target = `${host.includes(':') ? `[${host}]` : host}:${options.port}`;
    const { url, authorization, trust } = this.#proxy;
    const name = new URL(url).host;
    const asking = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, {
      method: 'CONNECT',
      path: target,
      // A connection of its own: node's shared agent would keep it after it has become a tunnel.
      agent: false,
      timeout: patience,
      headers: { host: target, ...credentialsOf(authorization) },
      ...trust,
    });
    asking.once('timeout', () => {
      const error = new Error(`no answer from the proxy in ${patience / 1000} s`);
      asking.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    });
    // With node's code, by which those who ask tell what may pass.
    const fail = (message: string, code: string | undefined) =>
      (connected as (error: Error) => void)(Object.assign(new Error(message), code && { code }));
    asking.once('error', (error: NodeJS.ErrnoException) =>
      fail(`the proxy ${name} cannot be used: ${error.message}`, error.code),
    );
    asking.once('connect', (answer, socket: Socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        const { statusCode: status = 0 } = answer;
        const why = status === 407 ? '407, it wants other credentials' : status;
        const isPassing = status === 429 || status >= 500;
        fail(
          `the proxy ${name} refuses the way to ${target}: ${why}`,
          isPassing ? 'ECONNREFUSED' : undefined,
        );
        return;
      }
      // The handshake goes on while the request is already being written; its failure is the request's.
      connected(null, connect({ ...(options as ConnectionOptions), socket }));
    });
    asking.end();
    return undefined;
  }
}

/** Hands its requests to the proxy, each with the whole URL in its first line, as plain HTTP goes through one. */
class ForwardAgent extends HttpAgent {
  readonly #proxy: HttpProxy;

  constructor(proxy: HttpProxy, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  /** Called by node for each request, before its head is written. Not in its documents, but what agents have been made of since 0.12. */
  addRequest(request: ClientRequest, options: RequestOptions): void {
    const { url, authorization } = this.#proxy;
    const { hostname, port, protocol } = new URL(url);
    request.path = new URL(request.path, `http://${request.getHeader('host')}`).href;
    for (const [header, value] of Object.entries(credentialsOf(authorization)))
      request.setHeader(header, value);
    const towards = { host: hostname, port: port || (protocol === 'https:' ? 443 : 80) };
    (HttpAgent.prototype as unknown as ForwardAgent).addRequest.call(this, request, {
      ...options,
      ...towards,
    });
  }

  override createConnection(options: RequestOptions): Duplex {
    const { url, trust } = this.#proxy;
    const { host, port } = options as { host: string; port: number };
    return url.startsWith('https:')
      ? connect({ host, port, servername: host, ...trust })
      : connectPlainly({ host, port });
  }
}

function credentialsOf(authorization: Secret | undefined): Record<string, string> {
  return authorization === undefined ? {} : { 'proxy-authorization': authorization.reveal() };
}
