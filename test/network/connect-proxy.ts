import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ConnectProxyOptions {
  readonly user: string;
  readonly password: string;
  /** Where on loopback the servers are that it knows, `name:port` each: nobody else finds them. */
  readonly servers: Readonly<Record<string, number>>;
}

/** An HTTP proxy on loopback that demands a login, knows some servers by names that are in no DNS, and counts what goes through it. */
export class ConnectProxy {
  /** `CONNECT name:port`, or `GET http://name/path`, of all who had the login. */
  readonly passed: string[] = [];
  /** How many it turned away for their login. */
  turnedAway = 0;
  readonly #options: ConnectProxyOptions;
  readonly #server: Server;
  #port = 0;
  readonly #sockets = new Set<Duplex>();

  private constructor(options: ConnectProxyOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#forward(request, response));
    this.#server.on('connect', (request, socket: Duplex) => this.#tunnel(request, this.#keep(socket)));
    this.#server.on('connection', socket => this.#keep(socket));
  }

  static async start(options: ConnectProxyOptions): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve));
    proxy.#port = (proxy.#server.address() as AddressInfo).port;
    return proxy;
  }

  /** `http://127.0.0.1:port`, also once it has stopped. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What the agent tells a step whose proxy this is. */
  get variables(): Readonly<Record<string, string>> {
    return { 'Agent.ProxyUrl': this.url, 'Agent.ProxyUsername': this.#options.user };
  }

  get secretVariables(): Readonly<Record<string, string>> {
    return { 'Agent.ProxyPassword': this.#options.password };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #knows({ headers }: IncomingMessage): boolean {
    const { user, password } = this.#options;
    const login = Buffer.from(`${user}:${password}`).toString('base64');
    const known = headers['proxy-authorization'] === `Basic ${login}`;
    if (!known) this.turnedAway += 1;
    return known;
  }

  #tunnel(request: IncomingMessage, socket: Duplex): void {
    const port = this.#options.servers[request.url ?? ''];
    if (!this.#knows(request)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
    } else if (port === undefined) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    } else {
      this.passed.push(`CONNECT ${request.url}`);
      const through = this.#keep(connect(port, '127.0.0.1'));
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(through).pipe(socket);
    }
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
    const port = url && this.#options.servers[`${url.hostname}:${url.port || 80}`];
    if (!this.#knows(request)) {
      response.writeHead(407).end();
    } else if (url === undefined || port === undefined) {
      response.writeHead(403).end();
    } else {
      this.passed.push(`${request.method} ${url.origin}${url.pathname}`);
      const { 'proxy-authorization': _, ...headers } = request.headers;
      const path = `${url.pathname}${url.search}`;
      const asked = httpRequest(
        { host: '127.0.0.1', port, path, method: request.method, headers },
        answer => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      asked.on('error', () => response.destroy());
      request.pipe(asked);
    }
  }

  #keep<T extends Duplex>(socket: T): T {
    this.#sockets.add(socket);
    socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
