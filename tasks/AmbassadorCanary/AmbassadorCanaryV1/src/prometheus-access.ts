import { PrometheusClient, queryPath } from './analysis/prometheus.ts';
import { understand } from './analysis/prometheus-reply.ts';
import type { Prometheus, QueryResult } from './analysis/query-result.ts';
import { azureMonitorResource } from './cluster/azure-monitor.ts';
import type { EntraTokens } from './cluster/entra-tokens.ts';
import type { Network } from './cluster/network.ts';
import { ServiceProxy } from './cluster/service-proxy.ts';
import type { Transport } from './cluster/transport.ts';
import type { Clock } from './release/ports.ts';
import { hasAuthorization, revealAll, type SecretHeaders } from './release/secret.ts';
import type { PrometheusAddress } from './release/spec.ts';

export interface PrometheusTools {
  /** Of every query. */
  readonly headers: SecretHeaders;
  /** To the API server of the cluster. */
  readonly transport: Transport;
  readonly network: Network;
  /** Of the Azure connection: an Azure Monitor workspace takes its tokens. */
  readonly azure?: EntraTokens | undefined;
  readonly clock: Clock;
}

/** The Prometheus of a release: at a URL, or behind the API server. Asks nobody yet. */
export function prometheusAt(
  address: PrometheusAddress,
  { headers, transport, network, azure, clock }: PrometheusTools,
): Prometheus {
  switch (address.kind) {
    case 'url':
      return new PrometheusClient(address.url, {
        clock,
        headers,
        agentFor: url => network.agentFor(url),
        ...tokensFor(address.url, headers, azure),
      });
    case 'service':
      return new ProxiedPrometheus(new ServiceProxy(transport, address), headers);
  }
}

/** Who gives credentials by name means those. */
function tokensFor(address: string, headers: SecretHeaders, azure: EntraTokens | undefined) {
  const resource = azureMonitorResource(address);
  if (azure === undefined || resource === undefined || hasAuthorization(headers)) return {};
  const tokens = {
    current: () => azure.token(resource),
    drop: (token: string) => azure.drop(resource, token),
  };
  return { tokens };
}

/** Asks through the API server, whose transport has its own patience. */
class ProxiedPrometheus implements Prometheus {
  readonly #proxy: ServiceProxy;
  readonly #headers: SecretHeaders;

  constructor(proxy: ServiceProxy, headers: SecretHeaders) {
    this.#proxy = proxy;
    this.#headers = headers;
  }

  get address(): string {
    return this.#proxy.address;
  }

  async query(promql: string): Promise<QueryResult> {
    const { text, ...answer } = await this.#proxy.get(queryPath, { query: promql }, revealAll(this.#headers));
    const reply = { kind: 'answered', ...answer, body: text } as const;
    return understand(reply, { address: this.address, credentials: 'impossible' });
  }
}
