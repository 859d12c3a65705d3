import {
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from 'node:http';
import { Agent, createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { makeCertificate } from '../../../sandbox/tls/certificate.ts';

/** A request of the step, in the order in which they came. */
export interface NumberedRequest {
  /** From 1 on. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  /** When it came, in milliseconds since the epoch. */
  readonly at: number;
  /** It is the stop: a weight of 0, unconditionally. */
  isStop?: boolean;
  /** What the server answered. Absent before, and where it was never asked. */
  status?: number;
}

/** Whether it changes anything, if the server takes it. */
export function isWrite({ method, path }: NumberedRequest): boolean {
  return method !== 'GET' && !/[?&]dryRun=/.test(path) && !path.startsWith('/apis/authorization.k8s.io/');
}

function isStop(body: string): boolean {
  return body === '[{"op":"add","path":"/spec/weight","value":0}]';
}

/** What becomes of a request on its way. Each is called once a request, and may take its time. */
export interface Interference {
  /** Before it is sent on. An answer given here is what the step gets, and the server hears nothing; `lost` cuts the connection. */
  before?(request: NumberedRequest): Promise<FalseAnswer | undefined> | FalseAnswer | undefined;
  /** When the server has done it, and the step has not heard. `lost`: it never hears. */
  after?(request: NumberedRequest): Promise<'lost' | undefined> | 'lost' | undefined;
}

export type FalseAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: object }
  | 'lost';

/** Stands between a step and its API server, numbers the requests, and lets a test come between any of them and its answer. */
export class NumberingProxy {
  readonly requests: NumberedRequest[] = [];
  readonly #agent: Agent;
  interference: Interference = {};

  private constructor(
    private readonly target: string,
    targetCa: string,
    private readonly server: Server,
    /** What a client has to trust, as PEM text. */
    readonly caPem: string,
  ) {
    this.#agent = new Agent({ keepAlive: true, ca: targetCa });
  }

  static async start(target: { readonly server: string; readonly caPem: string }): Promise<NumberingProxy> {
    const { key, cert } = makeCertificate();
    const server = createServer({ key, cert });
    const proxy = new NumberingProxy(target.server, target.caPem, server, cert);
    server.on('request', (incoming, outgoing) => {
      proxy.#pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
    await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
    return proxy;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>(done => this.server.close(() => done()));
    this.server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = incoming;
    const number = this.requests.length + 1;
    const request: NumberedRequest = { number, method, path, at: Date.now() };
    this.requests.push(request);
    const body = await text(incoming);
    if (isStop(body)) request.isStop = true;
    const instead = await this.interference.before?.(request);
    if (instead === 'lost') return void outgoing.destroy();
    if (instead !== undefined) {
      outgoing.writeHead(instead.status, { 'content-type': 'application/json', ...instead.headers });
      outgoing.end(JSON.stringify(instead.body));
      return;
    }
    const { host: _, ...headers } = incoming.headers;
    const answer = await this.#ask({ method, path, headers }, body, outgoing);
    if (answer.statusCode !== undefined) request.status = answer.statusCode;
    if (new URL(path, this.url).searchParams.get('watch')) {
      // The answer of a watch has no end: what was done is that it began.
      if ((await this.interference.after?.(request)) === 'lost') {
        answer.destroy();
        return void outgoing.destroy();
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.on('error', () => outgoing.destroy()).pipe(outgoing);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    if ((await this.interference.after?.(request)) === 'lost') return void outgoing.destroy();
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.end(Buffer.concat(chunks));
  }

  #ask(options: RequestOptions, body: string, outgoing: ServerResponse): Promise<IncomingMessage> {
    const ask = this.target.startsWith('https:') ? httpsRequest : httpRequest;
    return new Promise((answered, failed) => {
      const asked = ask(this.target, { ...options, agent: this.#agent }, answered);
      asked.once('error', failed);
      // The step gave up: so does what we do for it. Ends a watch as well.
      outgoing.once('close', () => asked.destroy());
      asked.end(body);
    });
  }
}
