import assert from 'node:assert/strict';
import { until } from '../../../rig/until.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { type Client, clientOf, failure } from './client.ts';
import { FastClock, HandClock } from './clocks.ts';
import { deployment, type RolloutState, waitingPod, warning } from './deployments.ts';
import { FakeApi } from './fake-api.ts';
import { faults } from './test-server.ts';

const all = { replicas: 2, updated: 2, available: 2 };
const none = { replicas: 2, updated: 2, available: 0 };

describe('awaitReady', () => {
  let fake: FakeApi;
  let client: Client;
  let told: string[];

  beforeEach(async () => {
    fake = await FakeApi.start();
    client = await clientOf(fake.server.url, new FastClock(100));
    told = [];
  });
  afterEach(async () => {
    client.transport.close();
    await fake.server.stop();
  });

  const put = (name: string, state: RolloutState, namespace = 'shop') => {
    const object = deployment(name, state);
    return fake.put(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, {
      ...object,
      metadata: { ...object.metadata, namespace },
    });
  };
  const refOf = (name: string, namespace = 'shop') => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name,
    namespace,
  });
  /** Requests for Deployments, lists and watches. */
  const asked = () => fake.server.calls.filter(call => call.endsWith('/deployments')).length;
  /** Lets this happen once it is watched, in so many namespaces. */
  const onceWatched = async <T>(waiting: Promise<T>, change: () => unknown, namespaces = 1) => {
    await fake.watched(namespaces);
    change();
    return waiting;
  };
  const wait = (names: readonly string[], options: { timeout?: Duration; signal?: AbortSignal } = {}) =>
    client.cluster.awaitReady(
      names.map(name => refOf(name)),
      {
        timeout: Duration.minutes(10),
        onProgress: detail => told.push(detail),
        ...options,
      },
    );

  it('returns at once, after one request, when all is ready', async () => {
    put('web', all);
    await wait(['web']);
    assert.equal(client.transport.requests, 1);
    assert.equal(fake.server.received[0]?.query.get('fieldSelector'), 'metadata.name=web');
    assert.deepEqual(told, ['web: 2 of 2 pods ready']);
  });

  it('tells how far it is whenever that changes, over one list and one watch', async () => {
    put('web', { generation: 2, observed: 1 });
    await onceWatched(wait(['web']), () => {
      put('web', { ...none, generation: 2 });
      put('web', { ...none, generation: 2 });
      put('web', { ...all, available: 1, generation: 2 });
      put('web', { ...all, generation: 2 });
    });
    assert.deepEqual(told, ['web: 0 of 2 pods ready', 'web: 1 of 2 pods ready', 'web: 2 of 2 pods ready']);
    assert.equal(asked(), 2);
  });

  it('goes on from what our own write has left, by a watch alone, and believes that once only', async () => {
    put('web', all);
    await client.cluster.patch(refOf('web'), [{ op: 'replace', path: '/spec/replicas', value: 3 }]);
    const written = fake.object('/apis/apps/v1/namespaces/shop/deployments/web');
    // As the API server counts it up.
    put('web', { ...none, generation: 2 });
    await onceWatched(wait(['web']), () => put('web', { ...all, generation: 2 }));
    const [, watch] = fake.server.received;
    assert.equal(watch?.query.get('watch'), '1');
    assert.equal(watch?.query.get('resourceVersion'), written?.metadata.resourceVersion);
    assert.equal(asked(), 1);
    await wait(['web']);
    assert.equal(asked(), 2, 'a list');
  });

  it('watches many Deployments of a namespace at once, and each namespace by itself', async () => {
    for (let i = 0; i < 50; i++) put(`web-${i}`, i === 0 ? none : all);
    put('web', none, 'other');
    const refs = Array.from({ length: 50 }, (_, i) => refOf(`web-${i}`));
    const waiting = client.cluster.awaitReady([...refs, refOf('web', 'other')], {
      timeout: Duration.minutes(10),
    });
    const change = () => {
      put('web-0', all);
      put('web', all, 'other');
    };
    await onceWatched(waiting, change, 2);
    assert.equal(asked(), 4);
    await fake.noWatchLeft();
  });

  it('watches twenty namespaces without a word from Node', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const spaces = Array.from({ length: 20 }, (_, i) => `n${i}`);
    for (const space of spaces) put('web', none, space);
    const waiting = client.cluster.awaitReady(
      spaces.map(space => refOf('web', space)),
      { timeout: Duration.minutes(10) },
    );
    await onceWatched(waiting, () => spaces.map(space => put('web', all, space)), spaces.length);
    process.off('warning', listen);
    assert.deepEqual(warnings, []);
  });

  it('looks for the reason when it is slow, and tells it when it changes', async () => {
    put('web', none);
    fake.put('/api/v1/namespaces/shop/pods/p', waitingPod('p', 'ErrImagePull', 'not found'));
    const waiting = wait(['web']);
    await until('the reason', () => told.length === 2, { everyMs: 5 });
    put('web', all);
    await waiting;
    assert.deepEqual(told, [
      'web: 0 of 2 pods ready',
      'web: 0 of 2 pods ready; pod p: container app has no image: ErrImagePull: not found',
      'web: 2 of 2 pods ready',
    ]);
    const pods = fake.server.received.find(({ path }) => path.endsWith('/pods'));
    assert.equal(pods?.query.get('labelSelector'), 'app=web');
    assert.ok(!fake.server.calls.some(call => call.endsWith('/events')));
  });

  it('says at the timeout how far it got and why no further, from events where pods do not tell', async () => {
    put('web', { ...all, available: 1 });
    fake.put('/api/v1/namespaces/shop/pods/p', { ...waitingPod('p', 'ContainerCreating', '') });
    fake.put('/api/v1/namespaces/shop/events/e', warning('p', 'FailedMount', 'no such volume'));
    const text = await failure(wait(['web'], { timeout: Duration.seconds(3) }), 'ROLLOUT_NOT_READY');
    assert.match(
      text,
      /^web did not get ready within 3s: .*found 1 of 2 pods ready; pod p: FailedMount: no such volume\. .*rolloutTimeout/,
    );
  });

  it('names the first of many that are late', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) put(name, name === 'e' ? all : none);
    const text = await failure(
      wait(['a', 'b', 'c', 'd', 'e'], { timeout: Duration.seconds(2) }),
      'ROLLOUT_NOT_READY',
    );
    assert.match(text, /^a, b, c and 1 more did not get ready.*a: 0 of 2 pods ready \| b: /);
  });

  it('says so where it may not look for the reason', async () => {
    put('web', none);
    fake.forbidden.add('pods');
    const text = await failure(wait(['web'], { timeout: Duration.seconds(4) }), 'ROLLOUT_NOT_READY');
    assert.match(
      text,
      /the reason can't be looked up \(Could not list pods in namespace shop: not allowed\)/,
    );
  });

  it('gives up at once when Kubernetes does', async () => {
    put('web', none);
    const waiting = failure(wait(['web']), 'ROLLOUT_NOT_READY');
    const text = await onceWatched(waiting, () => put('web', { ...none, overdueSince: 'now' }));
    assert.match(text, /did not get ready within its progressDeadlineSeconds/);
  });

  it('does not believe that Kubernetes gave up where it did so before', async () => {
    put('web', { ...none, overdueSince: 'before', generation: 2, observed: 1 });
    await onceWatched(wait(['web']), () => {
      put('web', { ...none, overdueSince: 'before', generation: 2 });
      put('web', { ...none, available: 1, generation: 2 });
      put('web', { ...all, generation: 2 });
    });
  });

  it('gives up at once when the Deployment is deleted, or was never there', async () => {
    put('web', none);
    const waiting = failure(wait(['web']), 'ROLLOUT_NOT_READY');
    const remove = () => fake.remove('/apis/apps/v1/namespaces/shop/deployments/web');
    assert.match(await onceWatched(waiting, remove), /web was deleted while/);
    assert.match(await failure(wait(['none']), 'ROLLOUT_NOT_READY'), /none was deleted while/);
  });

  it('believes the cluster, not a watch that has died without a word', async () => {
    put('web', none);
    const waiting = wait(['web'], { timeout: Duration.seconds(10) });
    // Changed without telling any watch.
    const path = '/apis/apps/v1/namespaces/shop/deployments/web';
    await onceWatched(waiting, () => fake.putSilently(path, deployment('web', all)));
  });

  it('ends at once when cancelled', async () => {
    put('web', none);
    // Time stands still: nothing but the signal ends it.
    client = await clientOf(fake.server.url, new HandClock());
    const cancel = new AbortController();
    const waiting = failure(wait(['web'], { signal: cancel.signal }), 'CANCELLED');
    await onceWatched(waiting, () => cancel.abort());
    await failure(wait(['web'], { signal: cancel.signal }), 'CANCELLED');
    await fake.noWatchLeft();
  });

  it('survives a restart of the API server', async () => {
    put('web', none);
    const waiting = wait(['web']);
    await fake.watched();
    fake.server.faults.push(...Array.from({ length: 8 }, () => faults.answer(503)));
    fake.server.dropConnections();
    fake.compact();
    put('web', all);
    await waiting;
  });

  it('has nothing to wait for where nothing is awaited', async () => {
    await wait([]);
    assert.equal(client.transport.requests, 0);
  });
});
