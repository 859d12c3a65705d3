import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { until } from '../../../rig/until.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8');
export const certificate = fixture('cert.pem');
export const expiredCertificate = fixture('expired.pem');
export const privateKey = fixture('key.pem');

/** A request as it came in. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** PEM-less: the subject of the client's certificate, where it sent one. */
  readonly clientName: string | undefined;
}

export type Handler = (received: Received, response: ServerResponse, socket: Socket) => void;

/** A real HTTPS server on loopback whose answers a test writes, with misbehaviour for the next requests. */
export class TestServer {
  readonly received: Received[] = [];
  /** What the next requests meet instead of the handler, one each. */
  readonly faults: Handler[] = [];
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(
    private handler: Handler,
    cert: string,
  ) {
    this.#server = createServer(
      { cert, key: privateKey, ca: certificate, requestCert: true, rejectUnauthorized: false },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on('secureConnection', () => {
      this.connections += 1;
    });
    this.#server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(handler: Handler, cert = certificate): Promise<TestServer> {
    const server = new TestServer(handler, cert);
    await new Promise<void>(resolve => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Resolves when so many requests have come in. */
  async hasReceived(count: number): Promise<void> {
    await until(`${count} requests`, () => this.received.length >= count, { everyMs: 5 });
  }

  /** `GET /path` of all that came in. */
  get calls(): readonly string[] {
    return this.received.map(({ method, path }) => `${method} ${path}`);
  }

  /** The next request meets no fault: those that follow are for later ones. */
  answerNextAsUsual(): void {
    this.faults.push((...all) => this.handler(...all));
  }

  /** The next request is done, but its answer never arrives. */
  loseNextAnswer(): void {
    this.faults.push((received, _, socket) => {
      const unheard = { writeHead: () => unheard, end: () => socket.destroy() };
      this.handler(received, unheard as unknown as ServerResponse, socket);
    });
  }

  /** Ends every connection, as a restart or a load balancer does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.dropConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const url = new URL(request.url ?? '/', this.url);
    const peer = (
      request.socket as unknown as { getPeerCertificate(): { subject?: { CN?: string } } }
    ).getPeerCertificate();
    const received = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      text,
      clientName: peer.subject?.CN,
    };
    this.received.push(received);
    (this.faults.shift() ?? this.handler)(received, response, request.socket);
  }
}

/** Sends JSON. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** A Status of the API server. */
export function status(code: number, reason: string, message: string, details: unknown = {}): unknown {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details };
}

/** A few ways to go wrong. */
export const faults = {
  answer:
    (
      code: number,
      headers: Record<string, string> = {},
      body: unknown = status(code, '', 'not now'),
    ): Handler =>
    (_, response) =>
      json(response, code, body, headers),
  /** The connection ends before anything was answered. */
  reset: ((_, __, socket) => socket.destroy()) as Handler,
  /** The connection ends in the middle of the answer. */
  cut: ((_, response, socket) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"half":', () => socket.destroy());
  }) as Handler,
  /** Answers only then. */
  until:
    (moment: Promise<unknown>): Handler =>
    (_, response) =>
      void moment.then(() => json(response, 200, {})),
  /** Says nothing. */
  hang: (() => {}) as Handler,
  text:
    (code: number, text: string): Handler =>
    (_, response) =>
      void response.writeHead(code, { 'content-type': 'text/html' }).end(text),
};
