import assert from 'node:assert/strict';
import type { Registry } from '../../../sandbox/api-server/registry.ts';
import type { JsonObject } from '../../../sandbox/objects.ts';
import { seededRandom } from '../../../sandbox/random.ts';
import { noPod, noRoute, Traffic } from '../../../sandbox/traffic.ts';
import { mappingObject, namespace, newRegistry, place, serviceObject } from './objects.ts';

const manager = { manager: 'test' };

/** A ready pod of a version, with these variables. */
function addPod(registry: Registry, app: string, version: string, env: Record<string, string> = {}): void {
  const key = place('v1', 'Pod', `${app}-pod`);
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const spec = { containers: [{ name: 'app', image: `repo/app:${version}`, env: variables }] };
  const metadata = { name: key.name, labels: { app } };
  registry.create(key.resource, namespace, { apiVersion: 'v1', kind: 'Pod', metadata, spec }, manager);
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  registry.update(key, live => ({ ...live, status }), { ...manager, subresource: 'status' });
}

function addService(registry: Registry, name: string): void {
  registry.create(
    place('v1', 'Service', name).resource,
    namespace,
    serviceObject(name, { app: name }),
    manager,
  );
}

function addMapping(registry: Registry, name: string, spec: JsonObject): void {
  const { resource } = place('getambassador.io/v3alpha1', 'Mapping', name);
  registry.create(resource, namespace, mappingObject(name, spec), manager);
}

/** Stable `web` and its canary, each with one pod and a Service; the Mappings are the test's. */
function twoVersions(stable: Record<string, string> = {}, canary: Record<string, string> = {}): Registry {
  const registry = newRegistry();
  addPod(registry, 'web', '1', stable);
  addPod(registry, 'web-canary', '2', canary);
  addService(registry, 'web');
  addService(registry, 'web-canary');
  return registry;
}

/** Sends 10 000 requests and hands back what users saw. */
function send(registry: Registry): Traffic {
  const random = seededRandom(7);
  const traffic = new Traffic({ store: registry.store, requestsPerSecond: 1_000, random, emissaryPods: 2 });
  traffic.advance(10_000);
  return traffic;
}

const share = (traffic: Traffic, version: string) => (traffic.books.get(version)?.requests ?? 0) / 100;
const total = (traffic: Traffic, name: string, labels: Record<string, string>) =>
  [0, 1]
    .flatMap(pod => traffic.readings(pod))
    .filter(
      reading =>
        reading.name === name &&
        Object.entries(labels).every(([key, value]) => reading.labels[key] === value),
    )
    .reduce((sum, reading) => sum + reading.value, 0);

describe('the traffic of the sandbox', () => {
  for (const weight of [0, 5, 50, 100]) {
    it(`gives a canary of weight ${weight} about that share`, () => {
      const registry = twoVersions();
      addMapping(registry, 'web', { service: 'web' });
      addMapping(registry, 'web-canary', { service: 'web-canary', weight });
      const seen = share(send(registry), '2');
      assert.ok(Math.abs(seen - weight) < 1.5, `${seen} % instead of ${weight} %`);
      if (weight === 0) assert.equal(seen, 0);
      if (weight === 100) assert.equal(seen, 100);
    });
  }

  it('gives a canary that is alone in its group everything, even at weight 0', () => {
    const registry = twoVersions();
    addMapping(registry, 'web', { service: 'web' });
    addMapping(registry, 'web-canary', { service: 'web-canary', weight: 0, prefix: '/' });
    assert.equal(share(send(registry), '2'), 0);
    const alone = twoVersions();
    addMapping(alone, 'web-canary', { service: 'web-canary', weight: 0 });
    assert.equal(share(send(alone), '2'), 100);
  });

  it('gives a canary that lacks the hostname nothing', () => {
    const registry = twoVersions();
    addMapping(registry, 'web', { service: 'web' });
    const { hostname: _, ...spec } = mappingObject('web-canary', { service: 'web-canary', weight: 50 })
      .spec as JsonObject;
    const { resource } = place('getambassador.io/v3alpha1', 'Mapping', 'web-canary');
    registry.create(resource, namespace, { ...mappingObject('web-canary'), spec }, manager);
    assert.deepEqual([...send(registry).books.keys()], ['1']);
  });

  it('gives a canary that sorts first and differs in a core field everything: the stable is refused', () => {
    const registry = twoVersions();
    addMapping(registry, 'web', { service: 'web', connect_timeout_ms: 5_000 });
    addMapping(registry, 'web-canary', { service: 'web-canary', weight: 10 });
    assert.equal(share(send(registry), '2'), 100);
  });

  it('answers with 404 where weights leave a rest, and where there is no Mapping', () => {
    const registry = twoVersions();
    addMapping(registry, 'web', { service: 'web', weight: 50 });
    addMapping(registry, 'web-canary', { service: 'web-canary', weight: 10 });
    assert.ok(Math.abs(share(send(registry), noRoute) - 40) < 1.5);
    assert.equal(share(send(twoVersions()), noRoute), 100);
  });

  it('answers with 503, counted in the class 5 and in no histogram, where there is no ready pod', () => {
    const registry = newRegistry();
    addService(registry, 'web');
    addMapping(registry, 'web', { service: 'web' });
    const traffic = send(registry);
    assert.deepEqual(traffic.books.get(noPod), { requests: 10_000, failed: 10_000 });
    const cluster = { envoy_cluster_name: 'web_shop' };
    assert.equal(
      total(traffic, 'envoy_cluster_upstream_rq_xx', { ...cluster, envoy_response_code_class: '5' }),
      10_000,
    );
    assert.equal(total(traffic, 'envoy_cluster_upstream_rq_time_count', cluster), 0);
  });

  it('sends nothing to pods that are not ready, or are about to end', () => {
    const registry = twoVersions();
    addMapping(registry, 'web', { service: 'web' });
    const pod = place('v1', 'Pod', 'web-pod');
    const say = (status: string) =>
      registry.update(pod, live => ({ ...live, status: { conditions: [{ type: 'Ready', status }] } }), {
        ...manager,
        subresource: 'status',
      });
    say('False');
    assert.equal(share(send(registry), noPod), 100);
    say('True');
    assert.equal(share(send(registry), '1'), 100);
    registry.update(
      pod,
      live => ({ ...live, spec: { ...(live.spec as object), nodeName: 'node' } }),
      manager,
    );
    registry.delete(pod, {});
    assert.equal(share(send(registry), noPod), 100);
  });

  it('fails and delays as the variables of the pod say, and counts it by the cluster of its Service', () => {
    const registry = twoVersions({}, { SUCCESS_RATE: '90', DELAY_MS: '700' });
    addMapping(registry, 'web', { service: 'web' });
    addMapping(registry, 'web-canary', { service: 'web-canary', weight: 50 });
    const traffic = send(registry);
    const book = traffic.books.get('2') ?? { requests: 0, failed: 0 };
    assert.ok(Math.abs(book.failed / book.requests - 0.1) < 0.02);
    assert.equal(traffic.books.get('1')?.failed, 0);
    const cluster = { envoy_cluster_name: 'web_canary_shop' };
    const counted = total(traffic, 'envoy_cluster_upstream_rq_time_count', cluster);
    assert.equal(counted, book.requests);
    assert.equal(total(traffic, 'envoy_cluster_upstream_rq_time_bucket', { ...cluster, le: '500' }), 0);
    assert.equal(
      total(traffic, 'envoy_cluster_upstream_rq_time_bucket', { ...cluster, le: '1000' }),
      counted,
    );
  });

  it('has a series only once it has counted, and forgets the counts of a cluster that goes away', () => {
    const registry = twoVersions();
    addMapping(registry, 'web', { service: 'web' });
    addMapping(registry, 'web-canary', { service: 'web-canary', weight: 0 });
    const traffic = send(registry);
    const names = (cluster: string) =>
      new Set(
        traffic
          .readings(0)
          .filter(({ labels }) => labels.envoy_cluster_name === cluster)
          .map(({ name }) => name),
      );
    assert.deepEqual([...names('web_canary_shop')], ['envoy_cluster_upstream_cx_total']);
    assert.ok(names('web_shop').has('envoy_cluster_upstream_rq_xx'));
    const stable = place('getambassador.io/v3alpha1', 'Mapping', 'web');
    traffic.requestsPerSecond = 0;
    registry.delete(stable, {});
    traffic.advance(500);
    assert.deepEqual([...names('web_shop')], []);
    addMapping(registry, 'web', { service: 'web' });
    traffic.advance(500);
    assert.deepEqual([...names('web_shop')], ['envoy_cluster_upstream_cx_total']);
  });

  it('follows a changed weight half a second later, and changed pods a tenth of one', () => {
    const registry = twoVersions();
    addMapping(registry, 'web', { service: 'web' });
    addMapping(registry, 'web-canary', { service: 'web-canary', weight: 0 });
    const traffic = send(registry);
    const seen = (milliseconds: number) => {
      const before = new Map([...traffic.books].map(([version, { requests }]) => [version, requests]));
      traffic.advance(milliseconds);
      const books = [...traffic.books].map(([version, { requests }]) => {
        return [version, requests - (before.get(version) ?? 0)] as const;
      });
      return Object.fromEntries(books.filter(([, requests]) => requests > 0));
    };
    const weigh = (weight: number) =>
      registry.update(
        place('getambassador.io/v3alpha1', 'Mapping', 'web-canary'),
        live => ({ ...live, spec: { ...(live.spec as object), weight } }),
        manager,
      );
    weigh(50);
    traffic.advance(200);
    weigh(100);
    assert.deepEqual(seen(200), { 1: 200 });
    assert.deepEqual(seen(200), { 2: 200 });
    registry.delete(place('v1', 'Pod', 'web-canary-pod'), {});
    addPod(registry, 'web-canary', '3');
    assert.deepEqual(seen(200), { 3: 200 });
  });

  it('is the same for the same seed', () => {
    const run = () => {
      const registry = twoVersions({}, { SUCCESS_RATE: '95' });
      addMapping(registry, 'web', { service: 'web' });
      addMapping(registry, 'web-canary', { service: 'web-canary', weight: 25 });
      return [...send(registry).books];
    };
    assert.deepEqual(run(), run());
  });
});
