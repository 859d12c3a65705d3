import { type Call, exchange } from './exchange.ts';
import type { Network } from './network.ts';

const limits = { connect: 10_000, answer: 30_000, body: 1024 * 1024 };
const mostRedirects = 5;

/** What is to be had at this address, redirects followed, over TLS all the way. Rejects with words for people. */
export async function download(url: URL, network: Network, limit: Limit): Promise<Buffer> {
  const signal = AbortSignal.timeout(limit.milliseconds);
  let from = url;
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const answer = await exchange(callOf(from, network, signal), 'stream');
    if ('stream' in answer) return collect(answer.stream, limit.bytes);
    if (answer.location === undefined) throw new Error(`HTTP ${answer.status} from ${from.host}`);
    from = secure(answer.location, from);
  }
  throw new Error(`more than ${mostRedirects} redirects`);
}

export interface Limit {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Where this address redirects to; `undefined` where it does not. Rejects as `download` does. */
export async function redirectOf(url: URL, network: Network): Promise<URL | undefined> {
  const { location } = await exchange(callOf(url, network));
  return location === undefined ? undefined : secure(location, url);
}

function callOf(url: URL, network: Network, signal?: AbortSignal): Call {
  return {
    url,
    method: 'GET',
    headers: { 'user-agent': 'ambassador-canary' },
    connection: { agent: network.agentFor(url) },
    limits,
    ...(signal && { signal }),
  };
}

function secure(location: string, from: URL): URL {
  const url = new URL(location, from);
  if (url.protocol !== 'https:') throw new Error(`a redirect to ${url.protocol}//${url.host}`);
  return url;
}

async function collect(stream: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) throw new Error(`more than ${limit / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
