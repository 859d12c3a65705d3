import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';

/** One request, as it goes over the wire. */
export interface Call {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly payload?: string;
  /** TLS options, agent and the like. */
  readonly connection: RequestOptions;
  readonly limits: ExchangeLimits;
  readonly signal?: AbortSignal;
}

export interface ExchangeLimits {
  /** Milliseconds to have a connection, the TLS handshake included. */
  readonly connect: number;
  /** Milliseconds from having a socket to the end of the answer (of its head, for a stream). */
  readonly answer: number;
  /** Bytes of an answer's body, and characters of one line of a stream. */
  readonly body: number;
}

export interface WholeAnswer {
  readonly status: number;
  readonly retryAfter?: string;
  readonly location?: string;
  readonly text: string;
}

/** The head of an answer whose body goes on and on. Whoever takes it must read or destroy it. */
export interface OpenAnswer {
  readonly status: number;
  readonly stream: IncomingMessage;
}

/** Why there was no (whole) answer. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';

  constructor(
    message: string,
    readonly details: {
      /** Node's code of what broke: `ECONNRESET`, `CERT_HAS_EXPIRED`. Ours: `CONNECT_TIMEOUT`, `ANSWER_TIMEOUT`, `TOO_LARGE`. */
      readonly code: string;
      /** False where not one byte of the request can have reached the server. */
      readonly maybeProcessed: boolean;
      /** The connection was an old one, which the server may have closed just as we took it. */
      readonly reused: boolean;
    },
  ) {
    super(message);
  }
}

/** Connections whose handshake is over. (Node's own `reusedSocket` is not set for a request that waited for a free one.) */
const established = new WeakSet<object>();

/** Sends once, reads the answer whole. Redirects are answers like any other. Rejects with `ExchangeError`. */
export function exchange(call: Call): Promise<WholeAnswer>;
/** Sends once; a success is handed over as soon as its head is there, anything else is read whole. */
export function exchange(call: Call, mode: 'stream'): Promise<WholeAnswer | OpenAnswer>;
export function exchange(call: Call, mode?: 'stream'): Promise<WholeAnswer | OpenAnswer> {
  return new Promise((resolve, reject) => {
    const { limits } = call;
    const secure = call.url.protocol === 'https:';
    const request = (secure ? httpsRequest : httpRequest)(call.url, {
      ...call.connection,
      method: call.method,
      headers: call.headers,
      ...(call.signal && { signal: call.signal }),
    });
    let connected = false;
    let reused = false;
    let timer: NodeJS.Timeout | undefined;
    const arm = (milliseconds: number, code: string, what: string) => {
      clearTimeout(timer);
      timer = setTimeout(
        () => fail({ code, message: `no ${what} within ${milliseconds / 1000} s` }),
        milliseconds,
      );
    };
    const armAnswer = () => arm(limits.answer, 'ANSWER_TIMEOUT', 'answer');
    const done = (answer: WholeAnswer | OpenAnswer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const fail = (error: { readonly message: string; readonly code?: string }) => {
      clearTimeout(timer);
      const code = error.code ?? 'UNKNOWN';
      reject(new ExchangeError(describe(error), { code, maybeProcessed: connected, reused }));
      request.destroy();
    };

    request.once('socket', socket => {
      reused = established.has(socket);
      if (reused) {
        connected = true;
        armAnswer();
        return;
      }
      arm(limits.connect, 'CONNECT_TIMEOUT', 'connection');
      // Node writes the request right after this, so from here on it may have been processed.
      (socket as TLSSocket).once(secure ? 'secureConnect' : 'connect', () => {
        connected = true;
        established.add(socket);
        armAnswer();
      });
    });
    request.on('error', fail);
    request.once('response', message => {
      const status = message.statusCode ?? 0;
      if (mode === 'stream' && status === 200) done({ status, stream: message });
      else readWhole(message, limits.body).then(text => done({ status, text, ...headersOf(message) }), fail);
    });
    request.end(call.payload);
  });
}

function headersOf({ headers }: IncomingMessage): Pick<WholeAnswer, 'retryAfter' | 'location'> {
  const { location, 'retry-after': retryAfter } = headers;
  return { ...(retryAfter !== undefined && { retryAfter }), ...(location !== undefined && { location }) };
}

async function readWhole(message: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) {
      throw Object.assign(new Error(`the answer is larger than ${limit / 1024 / 1024} MiB`), {
        code: 'TOO_LARGE',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Node's own words; where several addresses were tried it has none of its own, only those of each. */
function describe(error: { readonly message: string }): string {
  if (error instanceof AggregateError) {
    return error.errors.map(one => (one as Error).message).join(', ');
  }
  // Advice of Node.js 24 that no user of a pipeline could follow.
  const [message = ''] = error.message.split('; if the root CA is installed locally');
  return message.trim();
}
