import assert from 'node:assert/strict';
import { ClusterState } from '../../../rig/emissary/cluster-state.ts';
import { compile } from '../../../rig/emissary/compile.ts';
import { EnvoyFeed, type EnvoyTarget } from '../../../rig/emissary/envoy-feed.ts';
import type { KubeObject, WatchHandlers } from '../../../rig/kube-client.ts';
import { podTargets } from '../../../rig/prometheus/targets.ts';

type Json = Readonly<Record<string, unknown>>;

/** An Envoy that only writes down what it is told. */
class TalkedToEnvoy implements EnvoyTarget {
  readonly heard: string[] = [];
  refusal: string | undefined;

  async validate(): Promise<string | undefined> {
    return this.refusal;
  }
  async writeRoutes(): Promise<void> {
    this.heard.push('routes');
  }
  async writeClusters(_: string, clusters: readonly Json[]): Promise<void> {
    this.heard.push(`clusters ${clusters.map(({ alt_stat_name }) => alt_stat_name).sort()}`);
  }
  async writeEndpoints(_: string, cluster: string, assignment: Json): Promise<void> {
    const ports = [...JSON.stringify(assignment).matchAll(/"address":"([\d.]+)"/g)].map(match => match[1]);
    this.heard.push(`endpoints ${cluster} ${ports}`);
  }
  endpointsFile(cluster: string): string {
    return cluster;
  }
  async routesApplied(): Promise<void> {
    this.heard.push('routes applied');
  }
  async clustersApplied(): Promise<void> {
    this.heard.push('clusters applied');
  }

  listen(): string[] {
    return this.heard.splice(0);
  }
}

const mapping = (name: string, spec: object = {}) => ({
  apiVersion: 'getambassador.io/v3alpha1',
  kind: 'Mapping',
  metadata: { name, namespace: 'shop' },
  spec: { prefix: '/', hostname: '*', service: name, ...spec },
});
const compiled = (...mappings: ReturnType<typeof mapping>[]) =>
  compile({ mappings, hosts: [] }, { ambassadorId: 'default', emissaryNamespace: 'emissary' });

const service = (name: string): KubeObject => ({
  metadata: { name, namespace: 'shop' },
  spec: { ports: [{ name: 'http', port: 80 }] },
});
const slice = (name: string, ...addresses: string[]): KubeObject => ({
  metadata: { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
  ports: [
    { name: 'http', port: 8080 },
    { name: 'metrics', port: 9090 },
  ],
  endpoints: addresses.map(address => ({
    addresses: [address],
    targetRef: { kind: 'Pod', name: `${name}-x` },
  })),
});

describe('EnvoyFeed', () => {
  const canary = (weight: number) => mapping('app-canary', { weight });

  it('has a new cluster up before its route, and takes an old one away after it', async () => {
    const envoy = new TalkedToEnvoy();
    const feed = new EnvoyFeed(envoy, 'emissary');
    await feed.updateEndpoints({
      services: [service('app-canary')],
      slices: [slice('app-canary', '10.244.0.9')],
    });
    await feed.configure(compiled(mapping('app')));
    assert.deepEqual(envoy.listen(), [
      'endpoints cluster_app_shop_shop ',
      'clusters app_shop',
      'clusters applied',
      'routes',
    ]);
    await feed.configure(compiled(mapping('app'), canary(0)));
    assert.deepEqual(envoy.listen(), [
      'endpoints cluster_app_canary_shop_shop 127.244.0.9',
      'clusters app_canary_shop,app_shop',
      'clusters applied',
      'routes',
    ]);
    await feed.configure(compiled(mapping('app')));
    assert.deepEqual(envoy.listen(), ['routes', 'routes applied', 'clusters app_shop', 'clusters applied']);
  });

  it('facts/emissary.md 11: sends a weight in the routes alone, and nothing when nothing changed', async () => {
    const envoy = new TalkedToEnvoy();
    const feed = new EnvoyFeed(envoy, 'emissary');
    await feed.configure(compiled(mapping('app'), canary(0)));
    envoy.listen();
    await feed.configure(compiled(mapping('app'), canary(10)));
    assert.deepEqual(envoy.listen(), ['routes']);
    await feed.configure(compiled(mapping('app'), canary(10)));
    assert.deepEqual(envoy.listen(), []);
  });

  it('facts/emissary.md 4: leaves everything as it is when Envoy refuses, and says why', async () => {
    const envoy = new TalkedToEnvoy();
    const feed = new EnvoyFeed(envoy, 'emissary');
    await feed.configure(compiled(mapping('app')));
    envoy.listen();
    envoy.refusal = 'numerator out of range';
    assert.equal(await feed.configure(compiled(mapping('other'), canary(-5))), 'numerator out of range');
    assert.deepEqual(envoy.listen(), []);
    envoy.refusal = undefined;
    assert.equal(await feed.configure(compiled(mapping('app'), canary(5))), undefined);
    assert.ok(envoy.listen().includes('routes'));
  });

  it('follows the endpoints of the clusters that it has, and of no other', async () => {
    const envoy = new TalkedToEnvoy();
    const feed = new EnvoyFeed(envoy, 'emissary');
    await feed.configure(compiled(mapping('app')));
    envoy.listen();
    const services = [service('app'), service('other')];
    await feed.updateEndpoints({
      services,
      slices: [slice('app', '10.244.0.1'), slice('other', '10.244.0.2')],
    });
    await feed.updateEndpoints({
      services,
      slices: [slice('app', '10.244.0.1'), slice('other', '10.244.0.3')],
    });
    assert.deepEqual(envoy.listen(), ['endpoints cluster_app_shop_shop 127.244.0.1']);
  });

  it('does not keep a pod that is gone until a configuration has been validated', async () => {
    const envoy = new TalkedToEnvoy();
    const feed = new EnvoyFeed(envoy, 'emissary');
    await feed.configure(compiled(mapping('app')));
    envoy.listen();
    let allow: (refused?: string) => void = () => {};
    envoy.validate = () =>
      new Promise(resolve => {
        allow = resolve;
      });
    const configured = feed.configure(compiled(mapping('app', { prefix: '/new/' })));
    await feed.updateEndpoints({ services: [service('app')], slices: [slice('app', '10.244.0.1')] });
    assert.deepEqual(envoy.listen(), ['endpoints cluster_app_shop_shop 127.244.0.1']);
    allow();
    await configured;
    assert.deepEqual(envoy.listen(), ['routes']);
  });
});

/** An API server that tells its watchers what a test wants. */
class ToldClient {
  readonly handlers = new Map<string, WatchHandlers>();

  watch<T extends KubeObject>(path: string, handlers: WatchHandlers<T>, signal: AbortSignal): Promise<void> {
    this.handlers.set(path.split('/').at(-1) ?? '', handlers as unknown as WatchHandlers);
    return new Promise(resolve => signal.addEventListener('abort', () => resolve()));
  }
}

describe('ClusterState', () => {
  it('says nothing before all kinds are listed, then what changed, and nothing after it has stopped', async () => {
    const client = new ToldClient();
    const heard: string[] = [];
    const state = new ClusterState({
      client,
      onConfig: () => heard.push('config'),
      onEndpoints: () => heard.push('endpoints'),
      log: () => {},
    });
    state.start();
    const told = (kind: string) => client.handlers.get(kind) as WatchHandlers;
    for (const kind of ['mappings', 'ambassadormappings', 'hosts', 'services', 'ingresses'])
      told(kind).onList([]);
    assert.deepEqual(heard, []);
    told('endpointslices').onList([slice('app', '10.244.0.1')]);
    assert.deepEqual(heard.splice(0), ['config', 'endpoints']);
    told('endpointslices').onEvent({ type: 'DELETED', object: slice('app') });
    assert.deepEqual(heard.splice(0), ['endpoints']);
    assert.deepEqual(state.services().slices, []);
    told('mappings').onEvent({ type: 'ADDED', object: mapping('app') });
    assert.deepEqual(heard.splice(0), ['config']);
    assert.equal(state.snapshot().mappings.length, 1);
    await state.stop();
    told('mappings').onList([]);
    assert.deepEqual(heard, []);
  });
});

describe('podTargets', () => {
  it('gives each pod the labels of a ServiceMonitor, and asks the port called metrics where there is one', () => {
    const found = podTargets({
      services: [service('app'), service('idle')],
      slices: [slice('app', '10.244.0.1')],
    });
    assert.deepEqual(found, [
      {
        targets: ['127.244.0.1:9090'],
        labels: {
          namespace: 'shop',
          service: 'app',
          job: 'app',
          pod: 'app-x',
          endpoint: 'metrics',
          instance: '10.244.0.1:9090',
        },
      },
    ]);
  });
});
