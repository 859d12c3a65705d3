import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyObject } from '../../rig/apply.ts';
import { type DataPlane, startDataPlane } from '../../rig/data-plane.ts';
import type { KubeObject } from '../../rig/kube-client.ts';
import { Load } from '../../rig/load/load.ts';
import { statusOf } from '../../rig/load/status-of.ts';
import { untilScraped } from '../../rig/prometheus/scraped.ts';
import { until } from '../../rig/until.ts';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import { type Endpoint, serviceAccountEndpoint } from '../agent/endpoints.ts';
import { type JobOptions, type JobResult, runJob } from '../agent/test-agent.ts';
import { clusterForTests, type TestCluster } from './test-cluster.ts';

/** The staged task, as the build made it. */
export const taskDir = 'dist/extension/tasks/AmbassadorCanary/AmbassadorCanaryV1';

/**
 * A real cluster with a data plane, for the scenarios of one file: each has a namespace and a host of its own. With `KUBECONFIG`
 * set the cluster is that one.
 */
export class World {
  readonly #guests: { stop(): Promise<void> }[] = [];

  private constructor(
    readonly cluster: TestCluster,
    readonly data: DataPlane,
    readonly scrapeIntervalSeconds: number,
    private readonly folder: string,
  ) {}

  static async start(scrapeIntervalSeconds = 1): Promise<World> {
    const cluster = await clusterForTests();
    const folder = await mkdtemp(join(tmpdir(), 'ambassador-canary-world-'));
    try {
      const data = await startDataPlane({
        kubeconfigPath: cluster.emissaryKubeconfigPath,
        dir: folder,
        scrapeIntervalSeconds,
        log: () => {},
      });
      return new World(cluster, data, scrapeIntervalSeconds, folder);
    } catch (error) {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** What runs beside the cluster, and ends before it. */
  host<T extends { stop(): Promise<void> }>(guest: T): T {
    this.#guests.push(guest);
    return guest;
  }

  async stop(): Promise<void> {
    for (const guest of this.#guests) await guest.stop();
    await this.data.stop();
    await rm(this.folder, { recursive: true, force: true });
    await this.cluster.stop();
  }

  /** The sample app as stable 1.0.0 in a namespace of its own, with all its pods ready and its route in Envoy. */
  async shop(name: string, options: ShopOptions = {}): Promise<Shop> {
    await this.cluster.makeNamespace(name);
    const shop = new Shop(this, name, options);
    if (options.empty !== true) await shop.install();
    return shop;
  }
}

export interface AppOptions {
  readonly version?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly replicas?: number;
  /** Merged into the Deployment's spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Beside the Deployment, its Service and its Mappings. */
  readonly others?: readonly KubeObject[];
}

export interface ShopOptions extends AppOptions {
  /** Nothing is installed. */
  readonly empty?: boolean;
  /** Mappings instead of the one for `<namespace>.example.com`. */
  readonly mappings?: readonly KubeObject[];
  /** What those Mappings ask of a request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The name of stable's cluster in Emissary's metrics. */
  readonly statName?: string;
}

/** One namespace with the sample app in it. */
export class Shop {
  readonly host: string;

  constructor(
    readonly world: World,
    readonly namespace: string,
    private readonly options: ShopOptions,
  ) {
    this.host = `${namespace}.example.com`;
  }

  /** The manifests of the app in some version. */
  manifests(change: AppOptions = {}): KubeObject[] {
    const {
      version = '1.0.0',
      env = {},
      replicas = 4,
      spec = {},
      others = [],
    } = { ...this.options, ...change };
    const labels = { app: 'sample-app' };
    const variables = { VERSION: version, DELAY_MS: '2', SHUTDOWN_MS: '500', ...env };
    const probe = { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 1, failureThreshold: 2 };
    const deployment: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'sample-app', labels },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 10,
            containers: [
              {
                name: 'app',
                image: `registry.example.com/sample-app:${version}`,
                ports: [{ name: 'http', containerPort: 8080 }],
                env: Object.entries(variables).map(([name, value]) => ({ name, value })),
                readinessProbe: probe,
                lifecycle: { preStop: { exec: { command: ['sleep', '2'] } } },
              },
            ],
          },
        },
        ...spec,
      },
    };
    const service: KubeObject = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'sample-app', labels },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    };
    return [...others, deployment, service, ...this.mappings()];
  }

  mappings(): readonly KubeObject[] {
    return (
      this.options.mappings ?? [
        {
          apiVersion: 'getambassador.io/v3alpha1',
          kind: 'Mapping',
          metadata: { name: 'sample-app' },
          spec: { hostname: this.host, prefix: '/', service: 'sample-app' },
        },
      ]
    );
  }

  async install(): Promise<void> {
    for (const object of this.manifests())
      await applyObject(this.world.cluster.client, object, this.namespace);
    await until(`the app of ${this.namespace} answers`, async () => {
      const deployment = await this.get('apps/v1', 'deployments', 'sample-app');
      const ready = (deployment?.status as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0;
      return ready === (this.options.replicas ?? 4) && (await this.answers());
    });
    const name = this.options.statName ?? `sample_app_${this.namespace.replace(/-/g, '_')}`;
    await untilScraped(this.world.data.prometheusUrl, name, this.world.scrapeIntervalSeconds);
  }

  /** Whether Envoy has the route. */
  async answers(): Promise<boolean> {
    const headers = { host: this.host, ...this.options.headers };
    return (await statusOf(`${this.world.data.url}/`, headers)) === 200;
  }

  /** Requests of the app's users. */
  load(ratePerSecond = 200, durationMs = 120_000, headers = this.options.headers ?? {}, path = '/'): Load {
    return Load.start({
      url: `${this.world.data.url}${path}`,
      ratePerSecond,
      durationMs,
      headers: { host: this.host, ...headers },
    });
  }

  /** The step, as the agent would run it, for the app in some version. */
  async release(
    change: AppOptions,
    inputs: Record<string, string> = {},
    job: Partial<JobOptions> = {},
  ): Promise<JobResult> {
    const folder = await mkdtemp(join(tmpdir(), 'ambassador-canary-manifests-'));
    try {
      const list = { apiVersion: 'v1', kind: 'List', items: this.manifests(change) };
      await writeFile(join(folder, 'app.json'), JSON.stringify(list));
      const connection = this.connection();
      const [node] = ensureAgentNodes();
      return await runJob({
        nodePath: node?.path ?? process.execPath,
        taskDir,
        workingDirectory: folder,
        endpoints: [connection],
        inputs: {
          kubernetesServiceConnection: connection.id,
          namespace: this.namespace,
          manifests: 'app.json',
          weights: '10, 25, 50, 100',
          pause: '5s',
          interval: '1s',
          drain: '8s',
          rolloutTimeout: '60s',
          minimumRequests: '20',
          prometheus: this.world.data.prometheusUrl,
          ...inputs,
        },
        ...job,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** There is no room for one pod more from now on: as stable is replaced pod by pod, no promotion gets ready. */
  async fill(): Promise<void> {
    const pods = (await this.list('v1', 'pods')).length;
    await this.world.cluster.client.create(`/api/v1/namespaces/${this.namespace}/resourcequotas`, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'full' },
      spec: { hard: { pods: String(pods) } },
    });
  }

  connection(): Endpoint {
    const { server, adminToken, caPem } = this.world.cluster;
    return serviceAccountEndpoint({ server, token: adminToken, certificate: caPem });
  }

  async get(apiVersion: string, plural: string, name: string): Promise<KubeObject | undefined> {
    return (await this.list(apiVersion, plural)).find(({ metadata }) => metadata.name === name);
  }

  async list(apiVersion: string, plural: string): Promise<KubeObject[]> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { items } = await this.world.cluster.client.list(`${root}/namespaces/${this.namespace}/${plural}`);
    return items;
  }

  /** Every object that a release could leave behind or change, as what it says: without who wrote it and when. */
  async everything(): Promise<Record<string, unknown>> {
    const kinds: [string, string][] = [
      ['apps/v1', 'deployments'],
      ['v1', 'services'],
      ['v1', 'configmaps'],
      ['v1', 'secrets'],
      ['networking.k8s.io/v1', 'networkpolicies'],
      ['policy/v1', 'poddisruptionbudgets'],
      ['autoscaling/v2', 'horizontalpodautoscalers'],
      ['getambassador.io/v3alpha1', 'mappings'],
      ['coordination.k8s.io/v1', 'leases'],
    ];
    // All at one time, as far as that can be: a release may be under way.
    const lists = await Promise.all(kinds.map(([apiVersion, plural]) => this.list(apiVersion, plural)));
    const found: Record<string, unknown> = {};
    for (const [index, objects] of lists.entries()) {
      for (const { metadata, status: _, ...rest } of objects) {
        const { labels, name } = metadata;
        found[`${kinds[index]?.[1]}/${name}`] = { ...rest, labels };
      }
    }
    return found;
  }
}

/** Everything is what the promotion of 2.0.0 must leave. */
export async function isPromoted(shop: Shop, before: Readonly<Record<string, unknown>>): Promise<void> {
  // Without the fields that are undefined: those do not go through JSON.
  assert.deepEqual(JSON.parse(JSON.stringify(await shop.everything())), asPromoted(before));
}

/** What `everything` was, with version 2.0.0 of the app in place of 1.0.0: what a promotion must leave, and no more. */
export function asPromoted(before: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(before)
      .replaceAll('sample-app:1.0.0', 'sample-app:2.0.0')
      .replace('"name":"VERSION","value":"1.0.0"', '"name":"VERSION","value":"2.0.0"'),
  );
}
