import { createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from '../../sandbox/tls/certificate.ts';

/** A request of the step. */
export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** The Authorization header; empty where there is none. */
  readonly authorization: string;
}

/** An answer to the step. */
export interface Told {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers a request: by what the real server says when it is asked, by something else, or by a bit of both. */
export type Forge = (asked: Asked, ask: () => Promise<Told>) => Told | Promise<Told>;

export interface ForgerOptions {
  /** The real server's address; its certificate is not looked at. */
  readonly target: string;
  /** Absent: plain HTTP. */
  readonly certificate?: Certificate;
  /** Who shows a client certificate of this authority asks the real server with this token. */
  readonly clients?: { readonly authority: string; readonly token: string };
  /** Absent: the real server's answers. */
  readonly forge?: Forge;
}

/** Stands before a server on loopback and says what it likes. Watches pass through. */
export class Forger {
  readonly url: string;
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async start({
    target,
    certificate,
    clients,
    forge = (_, ask) => ask(),
  }: ForgerOptions): Promise<Forger> {
    const serve: Parameters<typeof createHttpServer>[1] = async (request, response) => {
      const asked = {
        method: request.method ?? '',
        path: request.url ?? '',
        authorization: authorizationOf(request),
      };
      const real = () => forward(target, request, authorization());
      const authorization = () => {
        const known = clients !== undefined && (request.socket as TLSSocket).authorized;
        return known ? `Bearer ${clients.token}` : asked.authorization;
      };
      try {
        if (/[?&]watch=/.test(asked.path)) {
          const answer = await real();
          response.writeHead(answer.statusCode ?? 0, { 'content-type': 'application/json' });
          response.on('close', () => answer.destroy());
          answer.on('error', () => response.destroy()).pipe(response);
          return;
        }
        const told = await forge(asked, async () => {
          const answer = await real();
          return { status: answer.statusCode ?? 0, body: (await buffer(answer)).toString('utf8') };
        });
        response
          .writeHead(told.status, { 'content-type': 'application/json', ...told.headers })
          .end(told.body);
      } catch {
        response.destroy(); // The real server is gone, or the step is.
      }
    };
    const tls = clients && { requestCert: true, rejectUnauthorized: false, ca: clients.authority };
    const server =
      certificate === undefined
        ? createHttpServer(serve)
        : createHttpsServer({ key: certificate.key, cert: certificate.cert, ...tls }, serve);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new Forger(`${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, async () => {
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      await closed;
    });
  }

  stop(): Promise<void> {
    return this.#close();
  }
}

function authorizationOf({ headers }: IncomingMessage): string {
  return headers.authorization ?? '';
}

async function forward(
  target: string,
  request: IncomingMessage,
  authorization: string,
): Promise<IncomingMessage> {
  const body = await buffer(request);
  const { 'content-type': type = '', accept = '*/*' } = request.headers;
  const url = new URL(target + request.url);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const headers = {
      accept,
      ...(type && { 'content-type': type }),
      ...(authorization && { authorization }),
      'content-length': body.length,
    };
    send(url, { method: request.method ?? 'GET', headers, rejectUnauthorized: false }, resolve)
      .on('error', reject)
      .end(body);
  });
}
