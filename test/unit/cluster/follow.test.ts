import assert from 'node:assert/strict';
import { until } from '../../../rig/until.ts';
import {
  type Change,
  follow,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/follow.ts';
import { type Client, clientOf, failure } from './client.ts';
import { FastClock } from './clocks.ts';
import { FakeApi } from './fake-api.ts';
import { faults, type Handler, json, status } from './test-server.ts';

const collection = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop' };
const pathOf = (name: string) => `/api/v1/namespaces/shop/configmaps/${name}`;

describe('follow', () => {
  let fake: FakeApi;
  let client: Client;
  let clock: FastClock;
  let stop: AbortController;
  let changes: AsyncGenerator<Change, void>;

  beforeEach(async () => {
    fake = await FakeApi.start();
    clock = new FastClock(100);
    client = await clientOf(fake.server.url, clock);
    stop = new AbortController();
    changes = follow(client.api, clock, collection, stop.signal);
  });
  afterEach(async () => {
    stop.abort();
    client.transport.close();
    await fake.server.stop();
  });

  const put = (name: string) =>
    fake.put(pathOf(name), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } });

  /** `listed a b`, `changed a`, `deleted b`, `end`. */
  async function next(): Promise<string> {
    const { value, done } = await changes.next();
    if (done || value === undefined) return 'end';
    const names =
      value.type === 'listed'
        ? value.objects.map(({ metadata }) => metadata.name)
        : [value.object.metadata.name];
    return [value.type, ...names].join(' ');
  }

  it('tells what is there, then each change, over one list and one watch', async () => {
    put('a');
    assert.equal(await next(), 'listed a');
    const coming = next();
    await fake.watched();
    put('b');
    assert.equal(await coming, 'changed b');
    put('a');
    fake.remove(pathOf('b'));
    assert.equal(await next(), 'changed a');
    assert.equal(await next(), 'deleted b');
    assert.equal(fake.server.received.length, 2);
    const { query } = fake.server.received[1] ?? assert.fail();
    assert.equal(query.get('allowWatchBookmarks'), 'true');
    assert.equal(query.get('timeoutSeconds'), '290');
  });

  it('takes up a watch that has ended, or was cut in the middle of a line, where it was', async () => {
    assert.equal(await next(), 'listed');
    put('a');
    assert.equal(await next(), 'changed a');
    let coming = next();
    await fake.watched();
    fake.endWatches();
    put('b');
    assert.equal(await coming, 'changed b');
    coming = next();
    await fake.watched();
    fake.endWatches('{"type":"ADDED","obj');
    put('c');
    assert.equal(await coming, 'changed c');
    coming = next();
    await fake.watched();
    fake.server.dropConnections();
    put('d');
    assert.equal(await coming, 'changed d');
    assert.equal(fake.server.received.filter(({ query }) => query.get('watch') === null).length, 1);
  });

  it('goes on from the last bookmark, so that a quiet watch never falls behind', async () => {
    const bookmark: Handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '5000' } } })}\n`,
      );
    };
    assert.equal(await next(), 'listed');
    fake.server.faults.push(bookmark);
    void changes.next();
    await fake.watched();
    assert.equal(fake.server.received.at(-1)?.query.get('resourceVersion'), '5000');
  });

  it('lists anew when the server no longer knows what happened', async () => {
    put('a');
    assert.equal(await next(), 'listed a');
    let coming = next();
    await fake.watched();
    fake.endWatches();
    put('b');
    fake.compact();
    assert.equal(await coming, 'listed a b');
    coming = next();
    await fake.watched();
    fake.endWatches(`${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired', 'too old') })}\n`);
    assert.equal(await coming, 'listed a b');
  });

  it('waits for an API server that goes away for a while, however long', async () => {
    assert.equal(await next(), 'listed');
    const coming = next();
    await fake.watched();
    fake.server.faults.push(...Array.from({ length: 12 }, () => faults.answer(503)));
    fake.server.dropConnections();
    put('a');
    assert.equal(await coming, 'changed a');
  });

  it('does not run in circles when every watch ends at once', async () => {
    assert.equal(await next(), 'listed');
    const ends: Handler = (_, response) => void response.writeHead(200).end();
    fake.server.faults.push(...Array.from({ length: 1000 }, () => ends));
    void changes.next();
    await until('half a minute', () => clock.now() >= 30_000, { everyMs: 5 });
    // In 30 s of this clock: 0.25, 0.5, 1, 2, 4, 8, 8 s.
    assert.ok(fake.server.received.length < 12, String(fake.server.received.length));
  });

  it('ends at once by its signal, and leaves no watch open', async () => {
    assert.equal(await next(), 'listed');
    const coming = next();
    await fake.watched();
    stop.abort();
    assert.equal(await coming, 'end');
    await fake.noWatchLeft();
  });

  it('leaves no watch open when its reader stops', async () => {
    for await (const change of changes) {
      if (change.type === 'changed') break;
      setTimeout(() => put('a'), 20);
    }
    await fake.noWatchLeft();
  });

  it('fails where it may not look, at first or later', async () => {
    const no = faults.answer(
      403,
      {},
      status(403, 'Forbidden', 'User "weak" cannot watch resource "configmaps"'),
    );
    fake.server.faults.push(no);
    await failure(changes.next(), 'CLUSTER_FORBIDDEN');
    changes = follow(client.api, clock, collection, stop.signal);
    assert.equal(await next(), 'listed');
    fake.server.faults.push(no);
    assert.match(await failure(changes.next(), 'CLUSTER_FORBIDDEN'), /to watch configmaps in namespace shop/);
  });

  it('fails where the server is not there to begin with', async () => {
    fake.server.faults.push(...Array.from({ length: 5 }, () => faults.answer(503)));
    await failure(changes.next(), 'CLUSTER_UNREACHABLE');
  });

  it('takes what is no event for a broken stream, and goes on', async () => {
    assert.equal(await next(), 'listed');
    fake.server.faults.push((_, response) => json(response, 200, { type: 'ADDED' }));
    const coming = next();
    await fake.watched();
    put('a');
    assert.equal(await coming, 'changed a');
  });
});
