import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from './cluster.ts';
import type { Endpoint } from './endpoints.ts';
import type { VirtualHost } from './hosts.ts';

type Json = Readonly<Record<string, unknown>>;

const type = (name: string) => `type.googleapis.com/envoy.${name}`;

/** Emissary's default for connecting, in milliseconds. */
const defaultConnectTimeoutMs = 3000;

/** The routes as Envoy's RouteConfiguration. */
export function routeConfiguration(name: string, virtualHosts: readonly VirtualHost[]): Json {
  return { '@type': type('config.route.v3.RouteConfiguration'), name, virtual_hosts: virtualHosts };
}

/**
 * A cluster for Envoy. `endpoints` says where they come from: `edsFile` for the running Envoy, nothing for a
 * configuration that is only validated.
 */
export function envoyCluster(cluster: Cluster, edsFile?: string): Json {
  const { spec } = cluster;
  return {
    '@type': type('config.cluster.v3.Cluster'),
    name: cluster.envoyName,
    alt_stat_name: cluster.statName,
    connect_timeout: `${((spec.connect_timeout_ms ?? defaultConnectTimeoutMs) / 1000).toFixed(3)}s`,
    lb_policy: 'ROUND_ROBIN',
    ...(edsFile === undefined
      ? { type: 'STATIC' }
      : {
          type: 'EDS',
          eds_cluster_config: {
            eds_config: { resource_api_version: 'V3', path_config_source: { path: edsFile } },
          },
        }),
    ...(spec.circuit_breakers && {
      circuit_breakers: {
        thresholds: spec.circuit_breakers.map(({ priority = 'default', ...limits }) => ({
          priority: priority.toUpperCase(),
          ...limits,
        })),
      },
    }),
    ...(cluster.tls && {
      transport_socket: {
        name: 'envoy.transport_sockets.tls',
        typed_config: {
          '@type': type('extensions.transport_sockets.tls.v3.UpstreamTlsContext'),
          common_tls_context: {},
        },
      },
    }),
    ...(spec.grpc === true && {
      typed_extension_protocol_options: {
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
          '@type': type('extensions.upstreams.http.v3.HttpProtocolOptions'),
          explicit_http_config: { http2_protocol_options: {} },
        },
      },
    }),
  };
}

/** The endpoints of one cluster. */
export function loadAssignment(cluster: string, endpoints: readonly Endpoint[]): Json {
  return {
    '@type': type('config.endpoint.v3.ClusterLoadAssignment'),
    cluster_name: cluster,
    endpoints: [
      {
        lb_endpoints: endpoints.map(({ address, port }) => ({
          endpoint: { address: { socket_address: { address, port_value: port } } },
        })),
      },
    ],
  };
}

/** Whether two clusters are the same to Envoy. */
export function sameCluster(a: Cluster, b: Cluster): boolean {
  return isDeepStrictEqual(envoyCluster(a), envoyCluster(b));
}
