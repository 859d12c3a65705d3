import * as http from 'node:http';
import * as https from 'node:https';
import type { Duration } from '../release/duration.ts';
import type { Reply } from './http-reply.ts';

export type HttpAgent = http.Agent;
/** The way to a server: straight, or through a proxy. */
export type AgentFor = (url: URL) => HttpAgent;

/** One request, as it goes over the wire. */
export interface HttpRequest {
  /** http or https. */
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent?: HttpAgent;
  /** Until the last byte. Real time, not that of the release's clock. */
  readonly timeLimit: Duration;
  /** Longer answers are given up. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** An agent that keeps connections, for one address. */
export function keepAliveAgent(url: URL): HttpAgent {
  const { Agent } = url.protocol === 'https:' ? https : http;
  return new Agent({ keepAlive: true, maxSockets: 4 });
}

/** Sends a request once: all the I/O of `analysis/`. Never rejects. A redirect is an answer like any other: credentials follow none. */
export function tryOnce(request: HttpRequest): Promise<Reply> {
  const { url, method, headers, body, agent, timeLimit, maxBytes, signal } = request;
  return new Promise(resolve => {
    const { request: send } = url.protocol === 'https:' ? https : http;
    const sent = send(url, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
      ...(agent !== undefined && { agent }),
      ...(signal !== undefined && { signal }),
    });
    const giveUp = (reply: Reply) => {
      resolve(reply);
      sent.destroy();
    };
    const timer = setTimeout(() => giveUp({ kind: 'timed-out' }), timeLimit.milliseconds);
    sent.on('close', () => clearTimeout(timer));
    sent.on('error', error => giveUp({ kind: 'broken', error }));
    sent.on('response', response => receive(response, maxBytes, giveUp, resolve));
    sent.end(body);
  });
}

function receive(
  response: http.IncomingMessage,
  maxBytes: number,
  giveUp: (reply: Reply) => void,
  resolve: (reply: Reply) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('error', error => giveUp({ kind: 'broken', error }));
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) giveUp({ kind: 'too-large' });
    else chunks.push(chunk);
  });
  response.on('end', () =>
    resolve({
      kind: 'answered',
      status: response.statusCode ?? 0,
      location: response.headers.location,
      retryAfter: response.headers['retry-after'],
      body: Buffer.concat(chunks).toString('utf8'),
    }),
  );
}
