import assert from 'node:assert/strict';
import { until } from '../../../rig/until.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { type Client, clientOf, failure } from './client.ts';
import { FastClock } from './clocks.ts';
import { FakeApi } from './fake-api.ts';

const collection = '/apis/apps/v1/namespaces/shop/deployments';
const refOf = (name: string, namespace = 'shop') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace,
  name,
});

describe('objects that are deleted together', () => {
  let fake: FakeApi;
  let client: Client;

  beforeEach(async () => {
    fake = await FakeApi.start();
    client = await clientOf(fake.server.url, new FastClock(20));
    fake.holdsDeleted = true;
  });
  afterEach(async () => {
    client.transport.close();
    await fake.server.stop();
  });

  const pathOf = (name: string, namespace = 'shop') => `${collection.replace('shop', namespace)}/${name}`;
  const put = (name: string, namespace?: string) =>
    fake.put(pathOf(name, namespace), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: refOf(name, namespace),
    });
  const remove = (name: string, namespace?: string, minutes = 5) =>
    client.cluster.delete(refOf(name, namespace), { gone: Duration.minutes(minutes) });
  const reads = () => fake.server.received.filter(({ method }) => method === 'GET');

  it('are awaited by one list and one watch a kind and namespace, each until its own end', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `web-${index}`);
    for (const name of names) put(name);
    put('far', 'away');
    const ended: string[] = [];
    const all = names.map(name => remove(name).then(() => ended.push(name)));
    const far = remove('far', 'away');
    await fake.watched(2);
    fake.remove(pathOf('web-7'));
    await until('one has ended', () => ended.length > 0);
    assert.deepEqual(ended, ['web-7']);
    for (const name of names) fake.remove(pathOf(name));
    fake.remove(pathOf('far', 'away'));
    await Promise.all([...all, far]);
    await fake.noWatchLeft();
    const watches = reads().filter(({ query }) => query.get('watch') === '1');
    assert.equal(reads().length, 3, 'a list and a watch here, a watch there');
    assert.deepEqual(watches.map(({ path, query }) => [path, query.get('fieldSelector')]).sort(), [
      [collection.replace('shop', 'away'), 'metadata.name=far'],
      [collection, null],
    ]);
  });

  it('are not missed where they end before the last has been marked', async () => {
    for (const name of ['web', 'api']) put(name);
    fake.server.answerNextAsUsual();
    const quick = remove('web');
    const slow = client.cluster.delete(refOf('api'), { gone: Duration.minutes(5) });
    await until('both are marked', () =>
      ['web', 'api'].every(name => fake.object(pathOf(name))?.metadata.deletionTimestamp !== undefined),
    );
    fake.remove(pathOf('web'));
    await quick;
    fake.remove(pathOf('api'));
    await slow;
  });

  it('are told apart from others of the same name that take their place, and from bystanders', async () => {
    for (const name of ['web', 'api', 'bystander']) put(name);
    const both = Promise.all(['web', 'api'].map(name => remove(name)));
    await fake.watched();
    fake.remove(pathOf('bystander'));
    fake.endWatches();
    fake.remove(pathOf('web'));
    put('web');
    await fake.watched();
    fake.remove(pathOf('api'));
    await both;
    assert.ok(fake.object(pathOf('web')));
  });

  it('that stay are named, each with what holds it, and no watch stays', async () => {
    for (const name of ['web', 'api']) put(name);
    const text = await Promise.all(
      ['web', 'api'].map(name => failure(remove(name, 'shop', 0.1), 'CLUSTER_REFUSED')),
    );
    assert.match(text.join('\n'), /Deployment shop\/web still exists 6s .* held\/by-test/);
    assert.match(text.join('\n'), /Deployment shop\/api still exists 6s .* held\/by-test/);
    await fake.noWatchLeft();
  });

  it('wait for nobody whose deletion is refused', async () => {
    put('web');
    put('api');
    const wrong = client.cluster.delete(refOf('api'), { gone: Duration.minutes(5), uid: 'another' });
    const right = remove('web');
    await failure(wrong, 'CLUSTER_CONFLICT');
    await fake.watched();
    fake.remove(pathOf('web'));
    await right;
  });
});
