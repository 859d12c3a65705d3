import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import {
  type ApiAnswer,
  type ApiRequest,
  methodOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/api-request.ts';
import type { WholeAnswer } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/exchange.ts';
import { Transport } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/transport.ts';

/** One request as it went out, and what came back. */
export interface Exchange {
  /** `PATCH application/apply-patch+yaml /apis/…?force=true`. */
  readonly request: string;
  readonly status: number;
  readonly contentType?: string | undefined;
  /** Of a watch: its lines. */
  readonly body: unknown;
}

/** The bundle's own transport, which also keeps a record of all that it sent and got. */
export class Recorder extends Transport {
  readonly exchanges: Exchange[] = [];
  #deaf = false;
  #tellOpened = () => {};

  override async send(request: ApiRequest): Promise<ApiAnswer> {
    const answer = await super.send(request);
    this.#note(request, answer);
    return answer;
  }

  override async relay(request: ApiRequest): Promise<WholeAnswer> {
    const answer = await super.relay(request);
    this.#note(request, { status: answer.status, body: JSON.parse(answer.text) });
    return answer;
  }

  override async open(request: ApiRequest): Promise<ApiAnswer | { readonly lines: AsyncIterable<unknown> }> {
    const answer = await super.open(request);
    const told: unknown[] = [];
    this.#note(request, 'lines' in answer ? { status: 200, body: told } : answer);
    this.#tellOpened();
    return 'lines' in answer ? { lines: passOn(answer.lines, told) } : answer;
  }

  /** Resolves when the next stream is there, or refused. */
  nextOpened(): Promise<void> {
    return new Promise(resolve => {
      this.#tellOpened = resolve;
    });
  }

  /** Does something of which nothing is recorded. */
  async unheard<T>(work: () => Promise<T>): Promise<T> {
    this.#deaf = true;
    try {
      return await work();
    } finally {
      this.#deaf = false;
    }
  }

  #note(request: ApiRequest, { status, body }: Pick<ApiAnswer, 'status' | 'body'>): void {
    if (this.#deaf) return;
    const contentType = contentTypes.get(new URL(this.server).host);
    this.exchanges.push({ request: textOf(request), status, contentType, body });
  }
}

async function* passOn(lines: AsyncIterable<unknown>, told: unknown[]): AsyncGenerator<unknown> {
  for await (const line of lines) {
    told.push(line);
    yield line;
  }
}

function textOf({ verb, path, query, contentType, body }: ApiRequest): string {
  const search = new URLSearchParams(query).toString();
  const type = body === undefined ? [] : [contentType ?? 'application/json'];
  return [methodOf[verb], ...type, search === '' ? path : `${path}?${search}`].join(' ');
}

/** Of the latest answer from each host: the transport reads JSON whatever it calls itself, and does not keep the name. */
const contentTypes = new Map<string, string | undefined>();
subscribe('http.client.response.finish', message => {
  const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
  contentTypes.set(String(request.getHeader('host')), response.headers['content-type']);
});
