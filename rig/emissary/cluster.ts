import { createHash } from 'node:crypto';
import {
  type MappingObject,
  qualifiedService,
  statName,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import type { Model } from './model.ts';
import { type CircuitBreaker, type MappingSpec, mappingSpec } from './spec.ts';

/** An Envoy cluster as Emissary makes it for a Mapping's service. */
export interface Cluster {
  /** Emissary's name; all Mappings with one name share the cluster that the first of them made. */
  readonly name: string;
  /** The name in Envoy, which takes no more than 60 characters; set when all clusters are known. */
  envoyName: string;
  /** `alt_stat_name`: the Prometheus label `envoy_cluster_name`. */
  readonly statName: string;
  readonly service: string;
  readonly host: string;
  readonly port: number;
  /** The namespace of the Mapping, where a service without one is looked up. */
  readonly namespace: string;
  readonly tls: boolean;
  readonly spec: MappingSpec;
}

/**
 * Finds or makes the cluster of a Mapping; its name is made as in `facts/emissary.md 10`. A TLSContext is always unknown
 * here, which gives the error and plain HTTP of `facts/emissary.md 12`. Nothing comes back for a service without a host.
 */
export function clusterFor(
  model: Model,
  mapping: MappingObject,
  key: string,
  marker?: string,
): Cluster | undefined {
  const spec = mappingSpec(mapping);
  const namespace = mapping.metadata.namespace ?? 'default';
  const scope = { namespace, emissaryNamespace: model.emissaryNamespace, consul: isConsul(spec.resolver) };
  const service = qualifiedService(spec.service, scope);
  const tls = /^https:\/\//i.test(service);
  if (spec.tls !== undefined && spec.tls !== '') {
    model.errors.push([key, `Originate-TLS context ${spec.tls} is not defined`]);
  }
  const bare = service.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  const [, host, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(bare) ?? [];
  if (host === undefined) {
    const text = `service ${service} has no hostname and will be ignored; please re-configure`;
    model.errors.push([key, text]);
    return undefined;
  }
  const name = [
    'cluster',
    marker,
    service,
    tls ? 'otls' : undefined,
    namespace,
    ...(spec.circuit_breakers ?? []).map(breakerName),
  ]
    .filter(part => part !== undefined && part !== '')
    .join('_')
    .replace(/[^0-9A-Za-z_]/g, '_');
  const known = model.clusters.get(name);
  if (known) return known;
  const cluster: Cluster = {
    name,
    envoyName: name,
    statName: statName(spec.service, spec.stats_name, scope),
    service: bare,
    host,
    port: port === undefined ? (tls ? 443 : 80) : Number(port),
    namespace,
    tls,
    spec,
  };
  model.clusters.set(name, cluster);
  return cluster;
}

/** Gives clusters with a name over 60 characters the short one: 40 characters, a digest and a number. */
export function shortenNames(clusters: Iterable<Cluster>): void {
  for (const cluster of clusters) {
    if (cluster.name.length <= 60) continue;
    const digest = createHash('sha1').update(cluster.name).digest('hex').slice(0, 16).toUpperCase();
    // Emissary numbers names whose digests collide; 64 bits of SHA-1 do not collide here.
    cluster.envoyName = `${cluster.name.slice(0, 40)}-${digest}-0`;
  }
}

export function isConsul(resolver: string | undefined): boolean {
  return resolver === 'consul' || resolver === 'consul-endpoint';
}

function breakerName(breaker: CircuitBreaker): string {
  const part = (letter: string, value: number | undefined) => (value === undefined ? '' : letter + value);
  return [
    'cb',
    breaker.priority === undefined ? 'n' : breaker.priority.slice(0, 1).toLowerCase(),
    part('c', breaker.max_connections),
    part('p', breaker.max_pending_requests),
    part('r', breaker.max_requests),
    part('t', breaker.max_retries),
  ].join('');
}
