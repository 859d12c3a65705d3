import { isDeepStrictEqual } from 'node:util';
import { routeConfigName, staticBootstrap } from '../envoy/bootstrap.ts';
import type { Envoy } from '../envoy/envoy.ts';
import type { Cluster } from './cluster.ts';
import type { Compiled } from './compile.ts';
import { type Endpoint, endpointsOf, type ServiceState } from './endpoints.ts';
import { envoyCluster, loadAssignment, routeConfiguration, sameCluster } from './envoy-config.ts';

/** What the feed needs of an Envoy. */
export type EnvoyTarget = Pick<
  Envoy,
  | 'validate'
  | 'writeRoutes'
  | 'writeClusters'
  | 'writeEndpoints'
  | 'endpointsFile'
  | 'routesApplied'
  | 'clustersApplied'
>;

/**
 * Feeds one Envoy through files. A weight travels in the routes alone (RDS), so nothing drains.
 *
 * What differs from Emissary: it sends routes and clusters in one go over ADS, here a new cluster is up before its
 * route and an old one goes after it, so the milliseconds between are missing. And with the default KubernetesServiceResolver its
 * Envoy connects to the Service's cluster IP, where kube-proxy picks a pod per *connection*; here Envoy has the pods as
 * endpoints (EDS) and picks per request, drops its idle connections to a pod that leaves, and with no endpoint answers 503 itself
 * instead of having its connection refused (the same class in `envoy_cluster_upstream_rq_xx`).
 */
export class EnvoyFeed {
  readonly #envoy: EnvoyTarget;
  readonly #emissaryNamespace: string;
  #services: ServiceState = { services: [], slices: [] };
  #clusters = new Map<string, Cluster>();
  #routes: unknown;
  readonly #endpoints = new Map<string, readonly Endpoint[]>();
  #version = 0;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(envoy: EnvoyTarget, emissaryNamespace: string) {
    this.#envoy = envoy;
    this.#emissaryNamespace = emissaryNamespace;
  }

  /**
   * Puts a compiled configuration into effect, or gives the reason why Envoy refuses it; then all of the old one stays
   * (`facts/emissary.md 4`). Calls must not overlap.
   */
  async configure({ model, virtualHosts }: Compiled): Promise<string | undefined> {
    const wanted = new Map([...model.clusters.values()].map(cluster => [cluster.envoyName, cluster]));
    const routes = routeConfiguration(routeConfigName, virtualHosts);
    const isStatic = [...wanted.values()].map(cluster => envoyCluster(cluster));
    const refused = await this.#envoy.validate(
      staticBootstrap(withoutType(routes), isStatic.map(withoutType)),
    );
    if (refused !== undefined) return refused;
    await this.#exclusively(() => this.#replace(wanted, routes));
    return undefined;
  }

  /**
   * Gives every cluster the endpoints that its Service has in this state. Waits for no configuration that is being validated: those who
   * rewrite a node's rules know nothing of Emissary.
   */
  updateEndpoints(state: ServiceState): Promise<void> {
    return this.#exclusively(async () => {
      this.#services = state;
      await this.#writeEndpoints(this.#clusters);
    });
  }

  async #replace(wanted: Map<string, Cluster>, routes: Record<string, unknown>): Promise<void> {
    const added = [...wanted.values()].some(cluster => {
      const old = this.#clusters.get(cluster.envoyName);
      return old === undefined || !sameCluster(old, cluster);
    });
    const removed = [...this.#clusters.keys()].some(name => !wanted.has(name));
    if (added) await this.#writeClusters(new Map([...this.#clusters, ...wanted]));
    if (!isDeepStrictEqual(routes, this.#routes)) {
      const version = this.#nextVersion();
      await this.#envoy.writeRoutes(version, routes);
      this.#routes = routes;
      if (removed) await this.#envoy.routesApplied(version);
    }
    if (removed) await this.#writeClusters(wanted);
  }

  async #writeClusters(clusters: Map<string, Cluster>): Promise<void> {
    await this.#writeEndpoints(clusters);
    const version = this.#nextVersion();
    const list = [...clusters.values()];
    await this.#envoy.writeClusters(
      version,
      list.map(cluster => envoyCluster(cluster, this.#envoy.endpointsFile(cluster.envoyName))),
    );
    await this.#envoy.clustersApplied(version);
    this.#clusters = clusters;
  }

  async #writeEndpoints(clusters: ReadonlyMap<string, Cluster>): Promise<void> {
    for (const [name, cluster] of clusters) {
      const endpoints = endpointsOf(cluster, this.#services, this.#emissaryNamespace);
      if (isDeepStrictEqual(endpoints, this.#endpoints.get(name))) continue;
      this.#endpoints.set(name, endpoints);
      await this.#envoy.writeEndpoints(this.#nextVersion(), name, loadAssignment(name, endpoints));
    }
  }

  /** Envoy's files belong to one writer at a time. */
  #exclusively(write: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(write);
    this.#writing = done.catch(() => {});
    return done;
  }

  #nextVersion(): string {
    return String(++this.#version);
  }
}

function withoutType({ '@type': _, ...rest }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return rest;
}
