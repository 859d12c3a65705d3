import assert from 'node:assert/strict';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Footing } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import { type Client, clientOf } from './client.ts';
import { FastClock } from './clocks.ts';
import { FakeApi } from './fake-api.ts';
import { faults } from './test-server.ts';

const collection = '/api/v1/namespaces/shop/configmaps';
const settings = (name: string, owner = 'us'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', labels: { owner } },
});
const footing = (name: string, isMadeByUs = false): Footing => ({
  ref: { apiVersion: 'v1', kind: 'ConfigMap', name, namespace: 'shop' },
  isMadeByUs,
  check: live =>
    live?.metadata.labels?.owner === 'us' ? undefined : `${name}: ${live?.metadata.labels?.owner ?? 'gone'}`,
});

describe('awaitDrift', () => {
  let fake: FakeApi;
  let client: Client;
  let blind: string[];

  beforeEach(async () => {
    fake = await FakeApi.start();
    client = await clientOf(fake.server.url, new FastClock(100));
    blind = [];
    put('web');
  });
  afterEach(async () => {
    client.transport.close();
    await fake.server.stop();
  });

  const put = (name: string, owner?: string) => fake.put(`${collection}/${name}`, settings(name, owner));
  const wait = (stands: readonly Footing[], signal = new AbortController().signal) =>
    client.cluster.awaitDrift(stands, { signal, onBlind: why => blind.push(why) });

  it('resolves as soon as somebody changes one, over one list and one watch however many there are', async () => {
    put('api');
    const drift = wait([footing('web'), footing('api')]);
    await fake.watched();
    put('web');
    put('other', 'them');
    put('api', 'them');
    assert.equal(await drift, 'api: them');
    assert.deepEqual(fake.server.calls, Array(2).fill(`GET ${collection}`));
  });

  it('goes on from what was listed before, and so sees what was changed since then', async () => {
    put('api');
    await client.cluster.list('v1', 'ConfigMap', undefined);
    const seen = wait([footing('web'), footing('api')]);
    await fake.watched();
    put('api', 'them');
    assert.equal(await seen, 'api: them');
    assert.deepEqual(fake.server.calls, ['GET /api/v1/configmaps', `GET ${collection}`]);
  });

  it('tells at once what was changed between the listing and the watch', async () => {
    await client.cluster.list('v1', 'ConfigMap', 'shop');
    fake.remove(`${collection}/web`);
    assert.equal(await wait([footing('web')]), 'web: gone');
  });

  it('lists once more where the server has forgotten what happened since', async () => {
    await client.cluster.list('v1', 'ConfigMap', 'shop');
    put('web', 'them');
    fake.compact();
    assert.equal(await wait([footing('web')]), 'web: them');
  });

  it('asks for a single one by its name', async () => {
    const drift = wait([footing('web')]);
    await fake.watched();
    fake.remove(`${collection}/web`);
    assert.equal(await drift, 'web: gone');
    assert.equal(fake.server.received[0]?.query.get('fieldSelector'), 'metadata.name=web');
  });

  it('misses at once what should have been there before', async () => {
    assert.equal(await wait([footing('web'), footing('api')]), 'api: gone');
  });

  it('misses what the release makes only when it was there', async () => {
    const drift = wait([footing('web'), footing('api', true)]);
    await fake.watched();
    put('api');
    fake.remove(`${collection}/api`);
    assert.equal(await drift, 'api: gone');
  });

  it('sees again when an API server is back that was away at first', async () => {
    const away = faults.answer(503);
    fake.server.faults.push(...Array.from({ length: 7 }, () => away));
    const drift = wait([footing('web')]);
    await fake.watched();
    put('web', 'them');
    assert.equal(await drift, 'web: them');
    assert.deepEqual(blind, []);
  });

  it('resolves to nothing when it is told to stop, and leaves no watch', async () => {
    const stop = new AbortController();
    const drift = wait([footing('web')], stop.signal);
    await fake.watched();
    stop.abort();
    assert.equal(await drift, undefined);
    await fake.noWatchLeft();
  });

  it('says that it can’t see, and is silent from then on', async () => {
    fake.forbidden.add('configmaps');
    const stop = new AbortController();
    const drift = wait([footing('web')], stop.signal);
    while (blind.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
    assert.match(blind[0] ?? '', /^What others change of ConfigMaps goes unseen: Could not list configmaps/);
    stop.abort();
    assert.equal(await drift, undefined);
  });
});
