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

  it('watches the pods of all workloads together, and knows whose they are', async () => {
    const of = (app: string) => pod(`${app}-1`, ready, { labels: { app } });
    for (const app of ['web', 'api']) fake.put(`/api/v1/namespaces/shop/pods/${app}-1`, of(app));
    const workloads = [deployment('web'), deployment('api')];
    const trouble = client.cluster.awaitTrouble(workloads, {
      signal: new AbortController().signal,
      onBlind: why => blind.push(why),
    });
    await fake.watched();
    assert.equal(fake.server.received[0]?.query.get('labelSelector'), 'app in (web,api)');
    assert.equal(fake.server.calls.length, 2);
    fake.put('/api/v1/namespaces/shop/pods/other-1', pod('other-1', down, { labels: { app: 'other' } }));
    fake.put('/api/v1/namespaces/shop/pods/api-1', { ...of('api'), status: down });
    assert.equal(await trouble, 'api: none of 1 is ready');
  });

  it('keeps apart what can’t be asked for together, and what would be too much', async () => {
    const stop = new AbortController();
    const many = Array.from({ length: 51 }, (_, index) => deployment(`web-${index}`));
    const other = deployment('other');
    const tiered = { ...other, spec: { selector: { matchLabels: { app: 'other', tier: 'front' } } } };
    const trouble = client.cluster.awaitTrouble([...many, tiered], {
      signal: stop.signal,
      onBlind: why => blind.push(why),
    });
    await fake.watched(3);
    const asked = fake.server.received.map(({ query }) => query.get('labelSelector') ?? '');
    assert.deepEqual([...new Set(asked.map(text => text.split(',').length))].sort(), [1, 2, 50]);
    assert.ok(asked.includes('app=web-50') && asked.includes('app=other,tier=front'), asked.join('\n'));
    stop.abort();
    assert.equal(await trouble, undefined);
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
