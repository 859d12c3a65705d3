import { Duration } from '../release/duration.ts';
import type { Clock } from '../release/ports.ts';
import { revealAll, type SecretHeaders } from '../release/secret.ts';
import { pauseBeforeRetry, type Reply } from './http-reply.ts';
import { type AgentFor, type HttpAgent, keepAliveAgent, tryOnce } from './http-try.ts';
import { maxBodyMiB, understand } from './prometheus-reply.ts';
import type { Prometheus, QueryResult } from './query-result.ts';

/** Where tokens come from that are renewed. */
export interface TokenSource {
  /** One that has time left. */
  current(): Promise<string>;
  /** It was not taken: the next one will be another. */
  drop(token: string): void;
}

export interface PrometheusOptions {
  readonly clock: Clock;
  /** Sent with every query: credentials, a tenant. */
  readonly headers?: SecretHeaders;
  /** In place of credentials among the headers. */
  readonly tokens?: TokenSource;
  /** The way there; straight where not given. */
  readonly agentFor?: AgentFor;
  /** Of each try, until its last byte. 10 s where not given. */
  readonly timeLimit?: Duration;
}

/** Where the API answers an instant query, below the base address. */
export const queryPath = '/api/v1/query';
const maxAttempts = 3;

/** Asks a Prometheus, or what speaks its API (Thanos, Mimir, VictoriaMetrics), at a URL. */
export class PrometheusClient implements Prometheus {
  /** Its base, without what the URL may hold of credentials. */
  readonly address: string;
  readonly #endpoint: URL;
  readonly #headers: SecretHeaders;
  readonly #tokens: TokenSource | undefined;
  readonly #agent: HttpAgent;
  readonly #clock: Clock;
  readonly #timeLimit: Duration;

  /** `base` is an http or https URL, as the inputs were checked for. Its path (`https://mimir.example/prometheus`) is kept. */
  constructor(base: string, options: PrometheusOptions) {
    this.#endpoint = new URL(base);
    this.address = `${this.#endpoint.origin}${this.#endpoint.pathname}`;
    this.#endpoint.pathname = this.#endpoint.pathname.replace(/\/*$/, queryPath);
    this.#clock = options.clock;
    this.#headers = options.headers ?? {};
    this.#tokens = options.tokens;
    this.#timeLimit = options.timeLimit ?? Duration.seconds(10);
    this.#agent = (options.agentFor ?? keepAliveAgent)(this.#endpoint);
  }

  /**
   * An instant query, evaluated at Prometheus' own present. What may pass (429, 5xx, a broken connection, no answer in time) is
   * tried three times, some 50 s at most. Rejects with `PROMETHEUS_UNREACHABLE`, or with `PROMETHEUS_UNFIT` where
   * something answers that is no Prometheus or refuses the query; and as the source of tokens does.
   */
  async query(promql: string): Promise<QueryResult> {
    const form = new URLSearchParams({ query: promql }).toString();
    let renewed = false;
    for (let attempts = 1; ; attempts++) {
      const token = await this.#tokens?.current();
      const reply = await this.#post(form, token);
      if (token !== undefined && !renewed && reply.kind === 'answered' && reply.status === 401) {
        renewed = true;
        this.#tokens?.drop(token);
        continue;
      }
      const pause = attempts >= maxAttempts ? undefined : pauseBeforeRetry(reply, attempts);
      if (pause === undefined) {
        const given = Object.keys(this.#headers).length > 0 ? 'given' : 'none';
        const credentials = token === undefined ? given : 'entra';
        return understand(reply, {
          address: this.address,
          attempts,
          timeLimit: this.#timeLimit,
          credentials,
        });
      }
      await this.#clock.sleep(pause);
    }
  }

  #post(form: string, token: string | undefined): Promise<Reply> {
    return tryOnce({
      url: this.#endpoint,
      method: 'POST',
      headers: {
        ...revealAll(this.#headers),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: form,
      agent: this.#agent,
      timeLimit: this.#timeLimit,
      maxBytes: maxBodyMiB * 1024 * 1024,
    });
  }
}
