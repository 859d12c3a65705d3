import { type RigCluster, startCluster } from '../../../rig/cluster.ts';
import { until } from '../../../rig/until.ts';
import { AuditedRequests, type TimedRequest } from './audited-requests.ts';
import { ByteMeter } from './byte-meter.ts';
import { runInstantPods } from './instant-pods.ts';
import type { Access, Run, Tool } from './tools.ts';

/** What a release cost, by the tool and by the API server. */
export interface Accounted {
  readonly run: Run;
  readonly requests: readonly TimedRequest[];
  readonly bytes: number;
  readonly connections: number;
}

/** The rig's real API server and its controllers, with pods that are ready at once, and accounts of who asks what of it. */
export class BenchCluster {
  readonly #over = new AbortController();

  private constructor(
    private readonly cluster: RigCluster,
    private readonly meter: ByteMeter,
    private readonly audit: AuditedRequests,
  ) {}

  static async start(): Promise<BenchCluster> {
    const cluster = await startCluster({
      audit: true,
      swiftControllers: true,
      log: line => console.log(line),
    });
    const audit = new AuditedRequests(cluster.auditLogPath ?? '');
    const started = new BenchCluster(cluster, await ByteMeter.before(cluster.server), audit);
    await runInstantPods(cluster.client, started.#over.signal);
    return started;
  }

  get client(): RigCluster['client'] {
    return this.cluster.client;
  }

  get kubectlPath(): string {
    return this.cluster.kubectlPath;
  }

  /** An account of this name that may do everything. */
  async accessOf(name: Tool['name']): Promise<Access> {
    const clusterRules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
    const token = await this.cluster.createServiceAccount({ namespace: 'default', name, clusterRules });
    return { server: this.meter.url, caPem: this.cluster.caPem, token };
  }

  async makeNamespace(name: string): Promise<void> {
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await this.client.create('/api/v1/namespaces', object);
  }

  /** Waits until these, and no others, are the names of the Deployments of a namespace, all of whose pods are ready. */
  async untilReady(namespace: string, names: readonly string[]): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const wanted = [...names].sort().join();
    await until(
      `the apps of ${namespace} are ready`,
      async () => {
        const { items } = await this.client.list(path);
        const found = items.map(({ metadata }) => metadata.name).sort();
        return (
          found.join() === wanted &&
          items.every(({ spec, status }) => {
            const { readyReplicas } = (status ?? {}) as { readonly readyReplicas?: number };
            return readyReplicas === (spec as { readonly replicas?: number }).replicas;
          })
        );
      },
      { limitMs: 120_000, everyMs: 50 },
    );
  }

  /** A release of version 2.0.0 by a tool, with all that it cost. */
  async account(tool: Tool, namespace: string): Promise<Accounted> {
    await this.audit.skip();
    this.meter.take();
    const run = await tool.release(namespace, '2.0.0');
    const passed = this.meter.take();
    const requests = await this.audit.of(`system:serviceaccount:default:${tool.name}`);
    return { run, requests, ...passed };
  }

  async stop(): Promise<void> {
    this.#over.abort();
    this.meter.stop();
    await this.cluster.stop();
  }
}
