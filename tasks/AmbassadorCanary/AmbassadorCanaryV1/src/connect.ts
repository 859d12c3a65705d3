import type { Commands } from './azure/commands.ts';
import type { AgentSide } from './cluster/agent-side.ts';
import { type ConnectionSpec, openConnection } from './cluster/connection.ts';
import { EntraTokens } from './cluster/entra-tokens.ts';
import { installKubelogin } from './cluster/install-kubelogin.ts';
import { KubeApi } from './cluster/kube-api.ts';
import { KubeCluster } from './cluster/kube-cluster.ts';
import { Network } from './cluster/network.ts';
import { Transport } from './cluster/transport.ts';
import type { Clock } from './release/ports.ts';
import type { ReleaseSpec } from './release/spec.ts';
import { version } from './version.ts';

/** A cluster that has answered. */
export interface ConnectedCluster {
  readonly api: KubeApi;
  readonly cluster: KubeCluster;
  /** The way to all other servers. */
  readonly network: Network;
  /** Of the Azure connection, where one is named. */
  readonly azure?: EntraTokens;
  /** The namespace that the kubeconfig's context names. */
  readonly namespace?: string;
  /** Ends all its connections; nothing is asked afterwards. */
  readonly close: () => void;
}

/** Connects and asks the API server for its version: whether it is there, trusted, and lets us in. */
export async function connect(
  spec: ConnectionSpec,
  agentSide: AgentSide,
  commands: Commands,
  clock: Clock,
): Promise<ConnectedCluster> {
  const network = new Network(agentSide.network);
  const registerSecret = (secret: string) => commands.secret(secret);
  const azure = agentSide.azure && new EntraTokens(agentSide.azure, { network, clock, registerSecret });
  const account = azure && { azure };
  const connection = await openConnection(spec, {
    network,
    registerSecret,
    now: () => clock.now(),
    installKubelogin: () => installKubelogin(agentSide.kubelogin, network, line => commands.line(line)),
    ...account,
  });
  const transport = new Transport(connection, { clock, version });
  const api = new KubeApi(transport);
  const cluster = new KubeCluster(api, clock);
  const server = await cluster.version();
  commands.line(`Cluster ${server.server}, Kubernetes ${server.version}`);
  const { namespace } = connection;
  const named = namespace === undefined ? {} : { namespace };
  return { api, cluster, network, close: () => transport.close(), ...account, ...named };
}

/** The spec with the namespace of the connection's context, where neither inputs nor connection name one. */
export function inNamespaceOf({ namespace }: ConnectedCluster, spec: ReleaseSpec): ReleaseSpec {
  return namespace === undefined || spec.namespace !== undefined ? spec : { ...spec, namespace };
}
