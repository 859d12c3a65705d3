import * as http from 'node:http';
import * as https from 'node:https';
import { Duration } from '../release/duration.ts';
import type { Clock } from '../release/ports.ts';
import { isPassing, maxBodyMiB, type Reply, understand } from './prometheus-reply.ts';
import type { Prometheus, QueryResult } from './query-result.ts';

export interface PrometheusOptions {
  readonly clock: Clock;
  /** For a proxy or an own certificate authority: one that keeps connections alive. */
  readonly agent?: http.Agent;
  /** Of each try, until its last byte. 10 s where not given. */
  readonly timeLimit?: Duration;
}

const queryPath = '/api/v1/query';
const maxAttempts = 3;
const firstBackoff = Duration.milliseconds(500);

/** Asks a Prometheus, or what speaks its API (Thanos, Mimir, VictoriaMetrics). The only I/O of `analysis/`. */
export class PrometheusClient implements Prometheus {
  /** Its base, without what the URL may hold of credentials. */
  readonly address: string;
  readonly #endpoint: URL;
  readonly #agent: http.Agent;
  readonly #clock: Clock;
  readonly #timeLimit: Duration;

  /** `base` is an http or https URL, as the inputs were checked for. Its path (`https://mimir.example/prometheus`) is kept. */
  constructor(base: string, options: PrometheusOptions) {
    this.#endpoint = new URL(base);
    this.address = `${this.#endpoint.origin}${this.#endpoint.pathname}`;
    this.#endpoint.pathname = this.#endpoint.pathname.replace(/\/*$/, queryPath);
    this.#clock = options.clock;
    this.#timeLimit = options.timeLimit ?? Duration.seconds(10);
    const { Agent } = this.#endpoint.protocol === 'https:' ? https : http;
    this.#agent = options.agent ?? new Agent({ keepAlive: true, maxSockets: 4 });
  }

  /**
   * An instant query, evaluated at Prometheus' own present. What may pass (429, 5xx, a broken connection, no answer in time) is
   * tried three times, some 32 s at most. Rejects with `PROMETHEUS_UNREACHABLE`, or with `PROMETHEUS_UNFIT` where
   * something answers that is no Prometheus or refuses the query.
   */
  async query(promql: string): Promise<QueryResult> {
    const form = new URLSearchParams({ query: promql }).toString();
    for (let attempts = 1; ; attempts++) {
      const reply = await this.#post(form);
      if (attempts === maxAttempts || !isPassing(reply)) {
        return understand(reply, { address: this.address, attempts, timeLimit: this.#timeLimit });
      }
      await this.#clock.sleep(firstBackoff.times(2 ** (attempts - 1)));
    }
  }

  /** Never rejects. The time limit is that of a socket, so it goes by real time and not by the release's clock. */
  #post(form: string): Promise<Reply> {
    return new Promise(resolve => {
      const { request: send } = this.#endpoint.protocol === 'https:' ? https : http;
      const request = send(this.#endpoint, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(form),
        },
      });
      const giveUp = (reply: Reply) => {
        resolve(reply);
        request.destroy();
      };
      const timer = setTimeout(() => giveUp({ kind: 'timed-out' }), this.#timeLimit.milliseconds);
      request.on('close', () => clearTimeout(timer));
      request.on('error', error => giveUp({ kind: 'broken', error }));
      request.on('response', response => receive(response, giveUp, resolve));
      request.end(form);
    });
  }
}

function receive(
  response: http.IncomingMessage,
  giveUp: (reply: Reply) => void,
  resolve: (reply: Reply) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('error', error => giveUp({ kind: 'broken', error }));
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBodyMiB * 1024 * 1024) giveUp({ kind: 'too-large' });
    else chunks.push(chunk);
  });
  response.on('end', () =>
    resolve({
      kind: 'answered',
      status: response.statusCode ?? 0,
      location: response.headers.location,
      body: Buffer.concat(chunks).toString('utf8'),
    }),
  );
}
