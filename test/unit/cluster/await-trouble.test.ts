import assert from 'node:assert/strict';
import { type Client, clientOf } from './client.ts';
import { FastClock } from './clocks.ts';
import { deployment, pod } from './deployments.ts';
import { FakeApi } from './fake-api.ts';

const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const down = { conditions: [{ type: 'Ready', status: 'False' }] };

describe('awaitTrouble', () => {
  let fake: FakeApi;
  let client: Client;
  let blind: string[];

  beforeEach(async () => {
    fake = await FakeApi.start();
    client = await clientOf(fake.server.url, new FastClock(100));
    blind = [];
  });
  afterEach(async () => {
    client.transport.close();
    await fake.server.stop();
  });

  const put = (name: string, status: object) =>
    fake.put(`/api/v1/namespaces/shop/pods/${name}`, pod(name, status, { labels: { app: 'web' } }));
  const wait = (signal = new AbortController().signal) =>
    client.cluster.awaitTrouble([deployment('web')], { signal, onBlind: why => blind.push(why) });

  it('resolves as soon as the pods can’t serve, over one list and one watch', async () => {
    put('web-1', ready);
    const trouble = wait();
    await fake.watched();
    put('web-1', down);
    assert.equal(await trouble, 'none of 1 is ready');
    assert.deepEqual(fake.server.calls, Array(2).fill('GET /api/v1/namespaces/shop/pods'));
    assert.equal(fake.server.received[0]?.query.get('labelSelector'), 'app=web');
  });

  it('resolves to nothing when it is told to stop, and leaves no watch', async () => {
    put('web-1', ready);
    const stop = new AbortController();
    const trouble = wait(stop.signal);
    await fake.watched();
    stop.abort();
    assert.equal(await trouble, undefined);
    await fake.noWatchLeft();
    assert.equal(await wait(AbortSignal.abort()), undefined);
    assert.deepEqual(blind, []);
  });

  it('says that it can’t see, and is silent from then on', async () => {
    fake.forbidden.add('pods');
    const stop = new AbortController();
    const trouble = wait(stop.signal);
    while (blind.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
    assert.match(blind[0] ?? '', /^The pods of Deployment shop\/web are not watched: Could not list pods/);
    stop.abort();
    assert.equal(await trouble, undefined);
  });
});
