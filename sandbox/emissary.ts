import { annotatedMappings } from '../rig/emissary/all-mappings.ts';
import type { Cluster } from '../rig/emissary/cluster.ts';
import { type Compiled, compile } from '../rig/emissary/compile.ts';
import { routeInfo } from '../rig/emissary/diag.ts';
import type { HostObject } from '../rig/emissary/model.ts';
import type { MappingObject } from '../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import { resourceOf } from './api-server/resources.ts';
import { matchesLabels } from './api-server/selectors.ts';
import type { Store } from './api-server/store.ts';
import { type AppBehaviour, behaviourOf } from './app-behaviour.ts';
import { isServing } from './controllers/owned.ts';
import { routeOf, type UserRequest } from './envoy-router.ts';
import { EnvoyStats, type Reading } from './envoy-stats.ts';
import { at, objectsAt } from './objects.ts';

/** Where Emissary itself runs. */
export const emissaryNamespace = 'emissary';

/** Emissary's default (`cluster_request_timeout_ms`). */
const defaultTimeoutMs = 3_000;

/** Emissary gathers the changes of Mappings (also annotated ones) and Hosts for up to a second (facts/emissary.md 11): here always for half of one. */
const routesAfterMs = 500;
const routeKinds = ['Mapping', 'Host', 'Service'];

/** EndpointSlices and Envoy follow the pods; sooner than a pod that is told to end is gone. */
const endpointsAfterMs = 100;
const endpointKinds = ['Service', 'Pod'];

/** Where a request goes. */
export interface Upstream {
  readonly cluster: Cluster;
  readonly timeoutMs: number;
}

/** A pod that a Service sends requests to. */
export interface AppPod extends AppBehaviour {
  readonly name: string;
  readonly namespace: string;
}

/**
 * Emissary's pods: Mappings and Hosts are compiled by the rig's rules, which were held to a real Envoy, and Services resolved to
 * their ready pods. A change counts a moment later, by a clock that `pass` moves: so the same seed gives the same traffic.
 */
export class Emissary {
  readonly #store: Store;
  readonly #envoys: readonly EnvoyStats[];
  /** By host and port of their Service. */
  readonly #pods = new Map<string, readonly AppPod[]>();
  readonly #connected = new Set<string>();
  readonly #unsubscribe: () => void;
  #compiled: Compiled | undefined;
  #now = 0;
  #routesDue = Number.POSITIVE_INFINITY;
  #endpointsDue = Number.POSITIVE_INFINITY;

  constructor(store: Store, pods: number) {
    this.#store = store;
    this.#envoys = Array.from({ length: pods }, () => new EnvoyStats());
    this.#unsubscribe = store.subscribe(({ resource }) => {
      const [isRoute, isEndpoint] = [routeKinds, endpointKinds].map(kinds => kinds.includes(resource.kind));
      // What follows until then goes out along with it.
      if (isRoute) this.#routesDue = Math.min(this.#routesDue, this.#now + routesAfterMs);
      if (isEndpoint) this.#endpointsDue = Math.min(this.#endpointsDue, this.#now + endpointsAfterMs);
    });
  }

  /** So much time goes by. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
    if (this.#now >= this.#routesDue) {
      this.#routesDue = Number.POSITIVE_INFINITY;
      this.#compiled = undefined;
    }
    if (this.#now >= this.#endpointsDue) {
      this.#endpointsDue = Number.POSITIVE_INFINITY;
      this.#pods.clear();
    }
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** The way of a request, by the one number from 0 up to 100 that is drawn for it; `undefined` is a 404. */
  upstreamOf(request: UserRequest, percent: number): Upstream | undefined {
    const { model, virtualHosts } = this.#routes();
    const route = routeOf(virtualHosts, request, percent);
    const name = at(route, 'route', 'cluster');
    const cluster = [...model.clusters.values()].find(candidate => candidate.envoyName === name);
    const timeoutMs = Number.parseFloat(String(at(route, 'route', 'timeout'))) * 1000;
    return cluster && { cluster, timeoutMs: timeoutMs || defaultTimeoutMs };
  }

  /** The pods that were ready behind a cluster's Service; none where Service or port is missing. */
  podsOf(cluster: Pick<Cluster, 'host' | 'port'>): readonly AppPod[] {
    const address = `${cluster.host}:${cluster.port}`;
    const known = this.#pods.get(address);
    if (known) return known;
    const [name = '', namespace = emissaryNamespace] = cluster.host.split('.');
    const service = this.#store.get(resourceOf('v1', 'Service'), namespace, name);
    const hasPort = objectsAt(service, 'spec', 'ports').some(({ port }) => port === cluster.port);
    const selector = at(service, 'spec', 'selector');
    const selected = this.#store
      .list(resourceOf('v1', 'Pod'), namespace)
      .filter(pod => hasPort && isServing(pod) && matchesLabels(selector, pod.metadata.labels));
    const pods = selected.map(pod => ({ name: pod.metadata.name, namespace, ...behaviourOf(pod) }));
    this.#pods.set(address, pods);
    return pods;
  }

  /** Whether a pod still runs: until it is gone it answers, also when it is about to end. */
  isUp({ namespace, name }: AppPod): boolean {
    return this.#store.get(resourceOf('v1', 'Pod'), namespace, name) !== undefined;
  }

  /** Counts an answer at one of Emissary's pods. Without `pod`, Emissary has answered itself. */
  count(
    envoyIndex: number,
    cluster: Cluster,
    answer: { code: number; milliseconds?: number; pod?: AppPod },
  ): void {
    const envoy = this.#envoys[envoyIndex];
    const connection = `${envoyIndex} ${cluster.name} ${answer.pod?.name}`;
    if (answer.pod && !this.#connected.has(connection)) {
      this.#connected.add(connection);
      envoy?.connect(cluster.statName);
    }
    envoy?.count(cluster.statName, answer);
  }

  /** A part of its diagnostics, `route_info` or `errors`, as its port 8877 gives it (facts/emissary.md 11). */
  diagnostics(filter: string | null): object {
    const { model } = this.#routes();
    return filter === 'errors' ? model.errors : routeInfo(model, '*');
  }

  /** What one of Emissary's pods says at `/metrics`. */
  readings(envoyIndex: number): Reading[] {
    const { model } = this.#routes();
    const errors = { name: 'ambassador_diagnostics_errors', labels: {}, value: model.errors.length };
    return [errors, ...(this.#envoys[envoyIndex]?.readings() ?? [])];
  }

  #routes(): Compiled {
    if (this.#compiled) return this.#compiled;
    const list = (kind: string) =>
      this.#store.list(resourceOf('getambassador.io/v3alpha1', kind)) as unknown[];
    const annotated = annotatedMappings(this.#store.list(resourceOf('v1', 'Service')));
    const mappings = [...(list('Mapping') as MappingObject[]), ...annotated];
    const snapshot = { mappings, hosts: list('Host') as HostObject[] };
    const compiled = compile(snapshot, { ambassadorId: 'default', emissaryNamespace });
    const names = new Set([...compiled.model.clusters.values()].map(cluster => cluster.statName));
    for (const envoy of this.#envoys) envoy.setClusters(names);
    this.#compiled = compiled;
    return compiled;
  }
}
