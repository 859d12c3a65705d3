import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isKubeStatus, KubeClient, type KubeObject, patchType } from '../../../rig/kube-client.ts';
import { until } from '../../../rig/until.ts';

/** An API server with one collection whose answers a test scripts. */
class Api {
  readonly requests: string[] = [];
  readonly server = createServer((request, response) => this.#answer(request, response));
  /** What each watch does, in turn; the last one stays open. */
  watches: ((response: ServerResponse) => void)[] = [];
  listVersion = 10;

  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url} ${request.headers['content-type'] ?? ''}`.trim());
    if (request.url?.startsWith('/missing')) {
      response
        .writeHead(404)
        .end(JSON.stringify({ kind: 'Status', reason: 'NotFound', message: 'no such thing' }));
    } else if (request.url?.includes('watch=1')) {
      response.writeHead(200);
      this.watches.shift()?.(response);
    } else {
      const metadata = { resourceVersion: String(this.listVersion) };
      response
        .writeHead(200)
        .end(JSON.stringify({ metadata, items: [{ metadata: { name: `at-${this.listVersion}` } }] }));
    }
  }
}

const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const named = (name: string, resourceVersion: string) => ({ metadata: { name, resourceVersion } });

describe('the rig’s API client', () => {
  let api: Api;
  let client: KubeClient;
  beforeEach(async () => {
    api = new Api();
    client = new KubeClient({ server: await api.listen(), token: 't' });
  });
  afterEach(() => {
    client.close();
    api.close();
  });

  it('throws a refusal with status, reason and message', async () => {
    await assert.rejects(client.patch('/missing', {}, patchType.apply), error => {
      assert.ok(isKubeStatus(error, 404));
      assert.equal((error as Error).message, 'PATCH /missing: 404 NotFound: no such thing');
      return true;
    });
    assert.deepEqual(api.requests, ['PATCH /missing application/apply-patch+yaml']);
  });

  it('watches on from the last version after a quiet end, and lists again after an expired one', async () => {
    api.watches = [
      response => response.end(line('ADDED', named('a', '11')) + line('BOOKMARK', named('', '15'))),
      response => {
        response.write(line('MODIFIED', named('a', '16')).slice(0, 20));
        setTimeout(() => {
          response.write(line('MODIFIED', named('a', '16')).slice(20));
          api.listVersion = 40;
          response.end(line('ERROR', { code: 410, message: 'too old resource version' }));
        }, 10);
      },
      () => {},
    ];
    const seen: string[] = [];
    const stop = new AbortController();
    const watching = client.watch<KubeObject>(
      '/things?limit=500',
      {
        onList: items => seen.push(`list ${items.map(item => item.metadata.name)}`),
        onEvent: ({ type, object }) =>
          seen.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`),
      },
      stop.signal,
    );
    await until('the third watch', () => api.requests.length === 5);
    stop.abort();
    await watching;
    assert.deepEqual(seen, ['list at-10', 'ADDED a@11', 'MODIFIED a@16', 'list at-40']);
    const versions = api.requests.map(request => /resourceVersion=(\d+)/.exec(request)?.[1] ?? 'list');
    assert.deepEqual(versions, ['list', '10', '15', 'list', '40']);
  });

  it('lists again when a watch breaks off, and says so', async () => {
    api.watches = [
      response => response.write(line('ADDED', named('a', '11')), () => response.destroy()),
      () => {},
    ];
    const lists: number[] = [];
    const errors: Error[] = [];
    const stop = new AbortController();
    const handlers = {
      onList: (items: KubeObject[]) => lists.push(items.length),
      onEvent: () => {},
      onError: (error: Error) => errors.push(error),
    };
    const watching = client.watch('/things', handlers, stop.signal);
    await until('the second watch', () => api.requests.length === 4);
    stop.abort();
    await watching;
    assert.equal(lists.length, 2);
    assert.equal(errors.length, 1);
  });
});
