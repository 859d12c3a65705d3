import { join } from 'node:path';

type Json = Readonly<Record<string, unknown>>;

/** The names that Emissary gives to its Listener for port 8080. */
const listenerName = 'ambassador-listener-8080';
export const routeConfigName = `${listenerName}-routeconfig`;
/** Of the statistics `envoy_http_*`. */
export const statPrefix = 'ingress_http';

export interface EnvoyPlace {
  /** Where the dynamic resources lie. */
  readonly dir: string;
  /** Ports on 127.0.0.1. */
  readonly listenerPort: number;
  readonly adminPort: number;
}

/** The files that Envoy reads its dynamic resources from; they are replaced by a move, never written in place. */
export function resourceFiles(dir: string) {
  return {
    routes: join(dir, 'rds.json'),
    clusters: join(dir, 'cds.json'),
    endpoints: (cluster: string) => join(dir, `eds-${cluster}.json`),
  };
}

/**
 * The fixed part of the configuration: one listener, whose routes come by RDS so that no weight ever touches the
 * listener, and clusters by CDS. Statistics are as Emissary leaves them: Envoy's default buckets, histograms merged
 * every 5 s (so a latency in `/stats/prometheus` is up to 5 s late, counters are not).
 */
export function bootstrap({ dir, listenerPort, adminPort }: EnvoyPlace): Json {
  const files = resourceFiles(dir);
  return {
    node: { id: 'test-id', cluster: 'ambassador-default' },
    admin: { address: loopback(adminPort) },
    dynamic_resources: { cds_config: fromFile(files.clusters) },
    static_resources: {
      listeners: [
        listener(listenerPort, {
          rds: { route_config_name: routeConfigName, config_source: fromFile(files.routes) },
        }),
      ],
    },
  };
}

/** A whole configuration with nothing dynamic, for `envoy --mode validate`. */
export function staticBootstrap(routes: Json, clusters: readonly Json[]): Json {
  return { static_resources: { listeners: [listener(0, { route_config: routes })], clusters } };
}

function listener(port: number, routes: Json): Json {
  return {
    name: listenerName,
    address: loopback(port),
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: statPrefix,
              normalize_path: true,
              use_remote_address: true,
              http_filters: [
                {
                  name: 'envoy.filters.http.router',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
                  },
                },
              ],
              ...routes,
            },
          },
        ],
      },
    ],
  };
}

function loopback(port: number): Json {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}

function fromFile(path: string): Json {
  return { resource_api_version: 'V3', path_config_source: { path } };
}
