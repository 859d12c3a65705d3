import { request as httpRequest } from 'node:http';
import { Agent, type AgentOptions, request as httpsRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';

type Connected = (error: Error | null, socket: Duplex) => void;

/** How long a proxy may take to open the way to the API server. */
const patience = 10_000;

/** An agent for HTTPS that reaches its servers through an HTTP proxy (CONNECT), as `proxy-url` of a kubeconfig asks. */
export class ProxyAgent extends Agent {
  readonly #proxy: URL;

  constructor(proxyUrl: string, options: AgentOptions) {
    super(options);
    this.#proxy = new URL(proxyUrl);
  }

  /** Called by node for each new connection; the answer comes through `connected`. */
  override createConnection(options: RequestOptions, connected: Connected = () => {}): undefined {
    const target = `${options.host}:${options.port}`;
    const { username, password, protocol } = this.#proxy;
    const authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
    const asking = (protocol === 'https:' ? httpsRequest : httpRequest)(this.#proxy, {
      method: 'CONNECT',
      path: target,
      // A connection of its own: node's shared agent would keep it after it has become a tunnel.
      agent: false,
      timeout: patience,
      headers: { host: target, ...(username !== '' && { 'proxy-authorization': authorization }) },
    });
    asking.once('timeout', () =>
      asking.destroy(new Error(`no answer from the proxy in ${patience / 1000} s`)),
    );
    const fail = connected as (error: Error) => void;
    asking.once('error', error =>
      fail(new Error(`the proxy ${this.#proxy.host} cannot be used: ${error.message}`, { cause: error })),
    );
    asking.once('connect', (answer, socket: Socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        fail(new Error(`the proxy ${this.#proxy.host} refuses the way to ${target}: ${answer.statusCode}`));
        return;
      }
      // The handshake goes on while the request is already being written; its failure is the request's.
      connected(null, connect({ ...(options as ConnectionOptions), socket }));
    });
    asking.end();
    return undefined;
  }
}
