import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Reading } from '../envoy-stats.ts';
import { evaluate, type Result } from './evaluate.ts';
import { parsePromql } from './promql.ts';
import { type Labels, Samples } from './samples.ts';
import { ParseError } from './tokens.ts';

/** Something to scrape: the labels that its series get, and what its `/metrics` says now. */
export interface Target {
  readonly labels: Labels;
  /** `at` is when, in milliseconds since the epoch: now, or when a scrape was due that a busy machine kept from being on time. */
  readonly read: (at: number) => readonly Reading[];
}

export interface PrometheusOptions {
  readonly targets: readonly Target[];
  readonly scrapeEveryMs: number;
}

/** How it answers: as it should, with an HTTP 500, or not at all. */
export type Mood = 'well' | 'failing' | 'away';

/**
 * A Prometheus on `http://127.0.0.1` that scrapes its targets in memory. On a busy machine a scrape may come late, but it is of when
 * it was due, and none is left out: the time between two is what the options say.
 */
export class Prometheus {
  /** Scrapes reach their targets. Without that, `up` falls to 0 and all series end. */
  reachesTargets = true;
  readonly #options: PrometheusOptions;
  readonly #samples = new Samples();
  readonly #server: Server;
  #mood: Mood = 'well';
  #timer: NodeJS.Timeout | undefined;
  #url = '';

  private constructor(options: PrometheusOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(options: PrometheusOptions): Promise<Prometheus> {
    const prometheus = new Prometheus(options);
    await new Promise<void>((resolve, reject) => {
      prometheus.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    prometheus.#url = `http://127.0.0.1:${(prometheus.#server.address() as AddressInfo).port}`;
    prometheus.#scrapeWhenDue(Date.now());
    return prometheus;
  }

  get url(): string {
    return this.#url;
  }

  set mood(mood: Mood) {
    this.#mood = mood;
    // Whoever has a connection open would else keep it.
    if (mood === 'away') this.#server.closeAllConnections();
  }

  #scrapeWhenDue(firstDue: number): void {
    let due = firstDue;
    for (; due <= Date.now(); due += this.#options.scrapeEveryMs) this.#scrape(due);
    this.#timer = setTimeout(() => this.#scrapeWhenDue(due), due - Date.now());
  }

  #scrape(at: number): void {
    for (const { labels, read } of this.#options.targets) {
      const up = { name: 'up', labels: {}, value: this.reachesTargets ? 1 : 0 };
      this.#samples.store(at / 1000, labels, this.reachesTargets ? [up, ...read(at)] : [up]);
    }
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    const closed = new Promise(resolve => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#mood === 'away') {
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url ?? '/', this.#url);
    if (this.#mood === 'failing') {
      send(response, 500, failure('internal', 'told to fail by the sandbox'));
      return;
    }
    switch (url.pathname) {
      case '/-/ready':
        return send(response, 200, 'Prometheus Server is Ready.\n');
      case '/-/healthy':
        return send(response, 200, 'Prometheus Server is Healthy.\n');
      case '/api/v1/status/buildinfo':
        return send(response, 200, { status: 'success', data: buildInfo });
      case '/api/v1/query': {
        const form = request.method === 'POST' ? new URLSearchParams(await text(request)) : url.searchParams;
        return this.#answer(form, response);
      }
      default:
        return send(response, 404, '404 page not found\n');
    }
  }

  #answer(form: URLSearchParams, response: ServerResponse): void {
    try {
      const asked = form.get('time');
      const time = asked === null ? Date.now() / 1000 : timeOf(asked);
      const result = evaluate(parsePromql(form.get('query') ?? ''), this.#samples, time);
      send(response, 200, { status: 'success', data: dataOf(result, time) });
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      send(response, 400, failure('bad_data', `invalid parameter "query": ${error.message}`));
    }
  }
}

const buildInfo = {
  version: '2.42.0',
  revision: 'sandbox',
  branch: 'HEAD',
  buildUser: 'sandbox',
  buildDate: '19700101-00:00:00',
  goVersion: 'go1.19.8',
};

function timeOf(text: string): number {
  const seconds = Number(text);
  return Number.isFinite(seconds) ? seconds : Date.parse(text) / 1000;
}

function failure(errorType: string, error: string): object {
  return { status: 'error', errorType, error };
}

/** The result in the shape of the query API: times as numbers to the millisecond, values as text. */
function dataOf(result: Result, time: number): object {
  const at = (seconds: number) => Math.round(seconds * 1000) / 1000;
  switch (result.type) {
    case 'scalar':
      return { resultType: 'scalar', result: [at(time), valueText(result.value)] };
    case 'vector':
      return {
        resultType: 'vector',
        result: result.series.map(({ labels, value }) => ({
          metric: labels,
          value: [at(time), valueText(value)],
        })),
      };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: result.series.map(({ labels, samples }) => ({
          metric: labels,
          values: samples.map(([seconds, value]) => [at(seconds), valueText(value)]),
        })),
      };
  }
}

function valueText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function send(response: ServerResponse, code: number, body: object | string): void {
  const isText = typeof body === 'string';
  response.writeHead(code, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
  response.end(isText ? body : JSON.stringify(body));
}
