import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RigCluster, startCluster } from '../../rig/cluster.ts';
import { type DataPlane, startDataPlane } from '../../rig/data-plane.ts';
import { type KubeClient, type KubeObject, patchType } from '../../rig/kube-client.ts';
import { Load } from '../../rig/load/load.ts';
import { until } from '../../rig/until.ts';

const namespace = 'shop';
const core = `/api/v1/namespaces/${namespace}`;
const apps = `/apis/apps/v1/namespaces/${namespace}`;
const mappings = `/apis/getambassador.io/v3alpha1/namespaces/${namespace}/mappings`;
const ratePerSecond = 200;

interface RouteInfo {
  _route: { mappings: { name: string; _weight: number }[] };
}

describe('the data plane', () => {
  let dir: string;
  let cluster: RigCluster;
  let client: KubeClient;
  let plane: DataPlane;
  const said: string[] = [];

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ambassador-canary-data-plane-'));
    cluster = await startCluster({ namespaces: ['emissary', namespace] });
    client = cluster.client;
    const kubeconfigPath = cluster.emissaryKubeconfigPath;
    plane = await startDataPlane({
      kubeconfigPath,
      dir,
      scrapeIntervalSeconds: 1,
      log: line => said.push(line),
    });
    await Promise.all([makeApp('app', 'v1'), makeApp('app-canary', 'v2')]);
    await makeMapping('app', { prefix: '/', service: 'app' });
    await makeMapping('app-canary', { prefix: '/', service: 'app-canary', weight: 0 });
    await until('the app answers', async () => (await fetch(plane.url)).ok, { limitMs: 30_000 });
  });

  after(async () => {
    await plane?.stop();
    await cluster?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  async function makeApp(name: string, version: string): Promise<void> {
    const labels = { app: name };
    await client.create(`${core}/services`, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, labels },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    });
    await client.create(`${apps}/deployments`, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, labels },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'app',
                image: `registry.example.com/sample-app:${version}`,
                env: [{ name: 'SHUTDOWN_MS', value: '1500' }],
                readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
              },
            ],
          },
        },
      },
    });
  }

  function makeMapping(name: string, spec: object): Promise<KubeObject> {
    return client.create(mappings, {
      apiVersion: 'getambassador.io/v3alpha1',
      kind: 'Mapping',
      metadata: { name },
      spec: { hostname: '*', ...spec },
    });
  }

  const change = (name: string, spec: object) =>
    client.patch(`${mappings}/${name}`, { spec }, patchType.merge);

  async function diag<T>(filter: string): Promise<T> {
    return (
      await fetch(`${plane.diagUrl}/ambassador/v0/diag/?json=true&filter=${filter}`)
    ).json() as Promise<T>;
  }

  /** The running sums of the group that a Mapping is in, by name. */
  async function sums(name: string): Promise<Record<string, number>> {
    const groups = (await diag<RouteInfo[]>('route_info')).map(({ _route }) =>
      Object.fromEntries(_route.mappings.map(mapping => [mapping.name, mapping._weight])),
    );
    return groups.find(group => name in group) ?? {};
  }

  async function setWeight(weight: number): Promise<void> {
    await change('app-canary', { weight });
    await until(
      `Emissary has weight ${weight}`,
      async () => (await sums('app-canary'))['app-canary'] === weight,
    );
    await sleep(100);
  }

  /** Versions and statuses of some requests, such as `v2` and `404`. */
  async function ask(path: string, times: number): Promise<Record<string, number>> {
    const seen: Record<string, number> = {};
    for (let i = 0; i < times; i++) {
      const answer = await fetch(`${plane.url}${path}`);
      await answer.arrayBuffer();
      const kind = answer.ok ? (answer.headers.get('x-app-version') ?? '?') : `${answer.status}`;
      seen[kind] = (seen[kind] ?? 0) + 1;
    }
    return seen;
  }

  async function query(text: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
    const answer = await fetch(`${plane.prometheusUrl}/api/v1/query?query=${encodeURIComponent(text)}`);
    return ((await answer.json()) as { data: { result: [] } }).data.result;
  }

  it('splits as asked and loses no request at any change of weight', async () => {
    const load = Load.start({ url: plane.url, ratePerSecond: 2 * ratePerSecond, durationMs: 90_000 });
    const windows: { weight: number; from: number; to: number }[] = [];
    for (const weight of [1, 5, 10, 25, 50, 75, 100]) {
      await setWeight(weight);
      const from = Date.now();
      await sleep(4000);
      windows.push({ weight, from, to: Date.now() });
    }
    await setWeight(0);
    const zeroFrom = Date.now();
    await sleep(500);
    // The end of a release, and the start of the next one: the canary's cluster goes and comes back.
    await client.delete(`${mappings}/app-canary`);
    await until('the canary’s route is gone', async () => !('app-canary' in (await sums('app'))));
    await makeMapping('app-canary', { prefix: '/', service: 'app-canary', weight: 0 });
    await until('it is back', async () => 'app-canary' in (await sums('app')));
    await sleep(500);
    const record = await load.stop();
    for (const { weight, ...window } of windows) {
      const { hits, total, share, low, high } = record.shareOf('v2', window);
      const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
      console.log(
        `    asked ${weight} %: seen ${percent(share)} (95 %: ${percent(low)} to ${percent(high)}; ${hits} of ${total})`,
      );
      assert.ok(total >= 1200, `${total} requests in the window`);
      // Beyond 4.9 standard deviations lies one healthy run in a million.
      const p = weight / 100;
      assert.ok(Math.abs(hits - total * p) <= 4.9 * Math.sqrt(total * p * (1 - p)), `${hits} of ${total}`);
    }
    assert.equal(record.shareOf('v2', { from: zeroFrom }).hits, 0);
    console.log(
      `    lost ${record.failed().length} of ${record.answers().length}; ` +
        `p50 ${record.percentile(50).toFixed(1)} ms, p99 ${record.percentile(99).toFixed(1)} ms`,
    );
    assert.deepEqual(record.failed(), []);
  });

  it('has a weight in effect at once, or within a second when another change has just gone out', async () => {
    await makeMapping('other', { prefix: '/other/', service: 'app' });
    const load = Load.start({ url: plane.url, ratePerSecond: 2 * ratePerSecond, durationMs: 90_000 });
    await until('answers come', () => load.record.first('v1') !== undefined);
    let timeout_ms = 1000;
    const delays: { kind: string; firstMs: number; lastMs: number }[] = [];
    for (const [kind, pauseMs] of [
      ['at once', 0],
      ['gathered', 50],
      ['at once', 0],
      ['gathered', 350],
    ] as const) {
      for (const to of ['v2', 'v1'] as const) {
        // The last change must be more than a second ago, by a different part of Emissary's clock each time.
        await sleep(1100 + 150 * delays.length);
        if (kind === 'gathered') {
          await change('other', { timeout_ms: ++timeout_ms });
          await sleep(pauseMs);
        }
        const at = Date.now();
        await change('app-canary', { weight: to === 'v2' ? 100 : 0 });
        const first = await until(`${to} answers`, () => load.record.first(to, { from: at }));
        await sleep(300);
        const last = load.record.last(to === 'v2' ? 'v1' : 'v2', { from: at });
        delays.push({ kind, firstMs: first.intendedAt - at, lastMs: (last?.intendedAt ?? at) - at });
      }
    }
    const record = await load.stop();
    for (const { kind, firstMs, lastMs } of delays) {
      console.log(
        `    ${kind}: first of the new ${firstMs.toFixed(0)} ms, last of the old ${lastMs.toFixed(0)} ms`,
      );
      // Both have all the time that a busy machine may need, but not that of a lost change.
      assert.ok(firstMs < 5000 && lastMs < 5000);
      assert.ok(lastMs - firstMs < 500, 'all requests change over together');
    }
    assert.deepEqual(record.failed(), []);
    await client.delete(`${mappings}/other`);
  });

  it('tells Prometheus what the chart’s ServiceMonitor would, of Emissary and of the pods', async () => {
    await setWeight(50);
    assert.deepEqual(Object.keys(await ask('/', 60)).sort(), ['v1', 'v2']);
    await setWeight(0);
    const selector = '{envoy_cluster_name="app_canary_shop",envoy_response_code_class="2"}';
    const [series, ...others] = await until('Envoy is scraped', async () => {
      const found = await query(`envoy_cluster_upstream_rq_xx${selector}`);
      return found.length > 0 && found;
    });
    assert.deepEqual(others, []);
    const { __name__, instance, pod, ...labels } = series?.metric ?? {};
    assert.deepEqual(labels, {
      container: 'emissary-ingress',
      endpoint: 'ambassador-admin',
      envoy_cluster_name: 'app_canary_shop',
      envoy_response_code_class: '2',
      job: 'emissary-ingress-admin',
      namespace: 'emissary',
      service: 'emissary-ingress-admin',
    });
    const edges = (await query('envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="app_shop"}')).map(
      ({ metric }) => metric.le,
    );
    assert.deepEqual([edges.length, edges.includes('0.5'), edges.includes('3600000')], [20, true, true]);
    assert.equal((await query('ambassador_diagnostics_errors'))[0]?.value[1], '0');
    const pods = await until('the pods are scraped', async () => {
      const found = await query(`sum by (service) (http_requests_total{namespace="${namespace}"})`);
      return found.length > 1 && found;
    });
    assert.deepEqual(pods.map(({ metric }) => metric.service).sort(), ['app', 'app-canary']);
  });

  it('loses no request when a pod ends', async () => {
    const load = Load.start({ url: plane.url, ratePerSecond, durationMs: 20_000 });
    await sleep(1000);
    const { items } = await client.list(`${core}/pods?labelSelector=app%3Dapp`);
    await client.delete(`${core}/pods/${items[0]?.metadata.name}`);
    await sleep(5000);
    const record = await load.stop();
    console.log(
      `    lost ${record.failed().length} of ${record.answers().length}: ${JSON.stringify(record.kinds())}`,
    );
    assert.deepEqual(record.failed(), []);
  });

  it('is wrong where Emissary is wrong', async () => {
    type Made = Record<string, object>;
    const rows: [fact: string, path: string, stable: Made, canary: Made, seen: string[]][] = [
      [
        '2: a canary without the stable’s hostname gets nothing',
        '/host/',
        { host: {} },
        { 'host-canary': { weight: 50, hostname: undefined } },
        ['v1'],
      ],
      [
        '3: one without its connect_timeout_ms takes everything',
        '/core/',
        { core: { connect_timeout_ms: 500 } },
        { 'core-canary': { weight: 1 } },
        ['v2'],
      ],
      ['4: one alone takes everything at weight 0', '/alone/', {}, { 'alone-canary': { weight: 0 } }, ['v2']],
      [
        '4: a weight over 100 leaves nobody anything',
        '/over/',
        { over: {} },
        { 'over-canary': { weight: 101 } },
        ['404'],
      ],
      [
        '5: a.b and a.b-canary share a cache key, and the stable is dropped',
        '/cache/',
        { 'a.b': {} },
        { 'a.b-canary': { weight: 1 } },
        ['v2'],
      ],
      [
        '4: a weighted stable and a canary below 100 are not scaled',
        '/sum/',
        { sum: { weight: 50 } },
        { 'sum-canary': { weight: 10 } },
        ['404', 'v1', 'v2'],
      ],
    ];
    await Promise.all(['app', 'app-canary'].map(name => client.delete(`${mappings}/${name}`)));
    for (const [, prefix, stable, canary] of rows) {
      for (const [name, spec] of Object.entries(stable))
        await makeMapping(name, { prefix, service: 'app', ...spec });
      for (const [name, spec] of Object.entries(canary)) {
        await makeMapping(name, { prefix, service: 'app-canary', ...spec });
      }
    }
    await until('all are known', async () => 'sum-canary' in (await sums('sum')));
    await sleep(200);
    for (const [fact, path, , , seen] of rows) {
      const kinds = await ask(path, seen.length > 1 ? 400 : 40);
      console.log(`    facts/emissary.md ${fact}: ${JSON.stringify(kinds)}`);
      assert.deepEqual(Object.keys(kinds).sort(), seen, fact);
      // 40 % of 400 fall through, within five standard deviations.
      if (seen.length > 1) assert.ok(Math.abs((kinds['404'] ?? 0) - 160) < 50, 'the rest falls through');
    }
    const errors = await diag<[string, string][]>('errors');
    assert.deepEqual([...new Set(errors.map(([key]) => key))].sort(), [
      'core-canary.shop.1',
      'over-canary.shop.1',
    ]);
    await until('Prometheus counts the keys with errors', async () => {
      return (await query('ambassador_diagnostics_errors'))[0]?.value[1] === '2';
    });
  });

  it('keeps its old configuration while a weight is negative, and takes no later change either', async () => {
    await makeMapping('old', { prefix: '/old/', service: 'app' });
    await until('the route is there', async () => 'old' in (await sums('old')));
    await makeMapping('old-canary', { prefix: '/old/', service: 'app-canary', weight: -5 });
    await until('Envoy refuses', () => said.some(line => line.includes('invalid envoy configuration')));
    await makeMapping('later', { prefix: '/later/', service: 'app' });
    await sleep(2500);
    assert.deepEqual(await sums('old'), { old: 100 });
    assert.deepEqual([await ask('/old/', 20), await ask('/later/', 5)], [{ v1: 20 }, { 404: 5 }]);
    await change('old-canary', { weight: 100 });
    await until('both changes are there', async () => 'later' in (await sums('later')));
    await sleep(200);
    assert.deepEqual([await ask('/old/', 20), await ask('/later/', 5)], [{ v2: 20 }, { v1: 5 }]);
  });

  it('takes Prometheus away and brings it back, and leaves nothing when it stops', async () => {
    await plane.prometheus.stop();
    await assert.rejects(query('up'));
    await plane.prometheus.start();
    assert.ok((await query('envoy_cluster_upstream_rq_xx')).length > 0, 'it has kept its data');
    const { url, prometheusUrl, diagUrl, envoyAdminUrl } = plane;
    await plane.stop();
    for (const gone of [url, prometheusUrl, diagUrl, envoyAdminUrl]) await assert.rejects(fetch(gone), gone);
  });
});
