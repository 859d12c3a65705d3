import { Duration } from '../release/duration.ts';
import type { Clock } from '../release/ports.ts';
import { cancelled, notJson, redirected, unreachable } from './api-errors.ts';
import { type ApiAnswer, type ApiRequest, methodOf } from './api-request.ts';
import type { Connection } from './connection.ts';
import type { Credentials } from './credentials.ts';
import {
  type Call,
  ExchangeError,
  type ExchangeLimits,
  exchange,
  type OpenAnswer,
  type WholeAnswer,
} from './exchange.ts';
import { jsonLines } from './json-lines.ts';
import { KeptConnections } from './kept-connections.ts';
import { Places } from './places.ts';
import { pauseBeforeRetry, type Setback, setbackOfAnswer, setbackOfError } from './retry.ts';

export interface TransportOptions {
  readonly clock: Clock;
  /** Ours, for the User-Agent. */
  readonly version: string;
  readonly limits?: Partial<ExchangeLimits>;
}

/** What came of one try: an answer that stands, one that may pass, or none. */
type Attempt<A> =
  | { readonly answer: A; readonly setback?: undefined; readonly error?: undefined }
  | { readonly answer: A; readonly setback: Setback; readonly error?: undefined }
  | { readonly answer?: undefined; readonly setback: Setback; readonly error: ExchangeError };

const defaultLimits: ExchangeLimits = { connect: 10_000, answer: 30_000, body: 64 * 1024 * 1024 };

/** More requests than this wait. Watches go on and on, so they do not count. */
const mostAtOnce = 16;

/** JSON over few connections that are kept, with time limits and patience for short troubles (facts/baselines.md 5). */
export class Transport {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #limits: ExchangeLimits;
  readonly #userAgent: string;
  readonly #kept: KeptConnections;
  readonly #places = new Places(mostAtOnce);
  #requests = 0;

  constructor(connection: Connection, options: TransportOptions) {
    this.#connection = connection;
    this.#clock = options.clock;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#userAgent = `ambassador-canary/${options.version}`;
    this.#kept = new KeptConnections(connection);
  }

  /** How many requests went out, each try counted. */
  get requests(): number {
    return this.#requests;
  }

  /** `https://host:port`, for errors. */
  get server(): string {
    return this.#connection.server;
  }

  /** Resolves to the answer, also to a refusal. Rejects with `CLUSTER_UNREACHABLE`, or `CANCELLED` on its signal. */
  async send(request: ApiRequest): Promise<ApiAnswer> {
    const { answer, repeated } = await this.#persist(request, call => exchange(call));
    return { ...this.#read(request, answer), repeated };
  }

  /** Resolves to what came, as it came: for what is passed on by the API server and not its own. Rejects as `send` does. */
  async relay(request: ApiRequest): Promise<WholeAnswer> {
    return (await this.#persist(request, call => exchange(call))).answer;
  }

  /** Opens a stream of JSON lines, or resolves to the refusal. Whoever gets `lines` reads them until their end or aborts. */
  async open(request: ApiRequest): Promise<ApiAnswer | { readonly lines: AsyncIterable<unknown> }> {
    const { answer, repeated } = await this.#persist(request, call => exchange(call, 'stream'));
    if ('stream' in answer) return { lines: jsonLines(answer.stream, this.#limits.body) };
    return { ...this.#read(request, answer), repeated };
  }

  /** Closes the idle connections. */
  close(): void {
    this.#kept.close();
  }

  async #persist<A extends WholeAnswer | OpenAnswer>(
    request: ApiRequest,
    attempt: (call: Call) => Promise<A>,
  ): Promise<{ answer: A; repeated: boolean }> {
    const started = this.#clock.now();
    let silent = 0;
    let repeated = false;
    let refreshed = false;
    for (let made = 1; ; made++) {
      const credentials = await this.#connection.credentials.current();
      const tried = await this.#inTurn(request, () => {
        if (request.signal?.aborted) throw cancelled(request);
        request.fence?.();
        return this.#try(this.#call(request, credentials), attempt);
      });
      if (tried.answer?.status === 401 && !refreshed) {
        refreshed = true;
        if (this.#connection.credentials.refuse(credentials)) continue;
      }
      if (request.signal?.aborted) throw cancelled(request);
      const { setback } = tried;
      if (setback === undefined) return { answer: tried.answer, repeated };
      if (setback.silent) silent += 1;
      const elapsed = Duration.milliseconds(Math.max(0, this.#clock.now() - started));
      const pause = request.isTriedOnce
        ? undefined
        : pauseBeforeRetry(setback, { made, silent, elapsed }, !request.once, Math.random);
      if (pause === undefined) {
        if (tried.error !== undefined) throw unreachable(request, this.server, tried.error, made);
        return { answer: tried.answer, repeated };
      }
      repeated ||= setback.maybeProcessed;
      await this.#clock.sleep(pause, request.signal);
    }
  }

  /** What is urgent waits for nobody (DESIGN promise 3). */
  async #inTurn<T>(request: ApiRequest, work: () => Promise<T>): Promise<T> {
    if (request.verb === 'watch' || request.urgent === true) return work();
    await this.#places.take(request.signal).catch(() => {
      throw cancelled(request);
    });
    try {
      return await work();
    } finally {
      this.#places.giveBack();
    }
  }

  async #try<A extends WholeAnswer | OpenAnswer>(
    call: Call,
    attempt: (call: Call) => Promise<A>,
  ): Promise<Attempt<A>> {
    this.#requests += 1;
    try {
      const answer = await attempt(call);
      const setback = 'text' in answer ? setbackOfAnswer(answer) : undefined;
      return setback === undefined ? { answer } : { answer, setback };
    } catch (error) {
      if (error instanceof ExchangeError) return { error, setback: setbackOfError(error) };
      throw error;
    }
  }

  #call(request: ApiRequest, credentials: Credentials): Call {
    const url = new URL(this.server + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
    const payload = request.body === undefined ? undefined : JSON.stringify(request.body);
    return {
      url,
      method: methodOf[request.verb],
      headers: {
        ...request.headers,
        ...credentials.headers,
        accept: 'application/json',
        'user-agent': this.#userAgent,
        ...(payload !== undefined && {
          'content-type': request.contentType ?? 'application/json',
          'content-length': Buffer.byteLength(payload),
        }),
      },
      connection: this.#kept.optionsFor(request, credentials),
      limits: this.#limits,
      ...(payload !== undefined && { payload }),
      ...(request.signal && { signal: request.signal }),
    };
  }

  #read(request: ApiRequest, { status, text }: WholeAnswer): { status: number; body: unknown } {
    // Credentials would travel along to wherever it points.
    if (status >= 300 && status < 400) throw redirected(request, this.server, status);
    try {
      return { status, body: JSON.parse(text) };
    } catch {
      if (status >= 400) return { status, body: text };
      throw notJson(request, this.server, status, text);
    }
  }
}
