import { X509Certificate } from 'node:crypto';
import { CanaryError } from '../release/errors.ts';
import { aksKubeconfig } from './aks.ts';
import type { AksCluster } from './azure-identity.ts';
import type { CredentialSource, RegisterSecret } from './credentials.ts';
import type { EntraTokens } from './entra-tokens.ts';
import { type KubeconfigChoice, kubeconfigOf, readKubeconfig } from './kubeconfig.ts';
import type { CertificateOptions, Network } from './network.ts';
import { readProxy } from './proxy-address.ts';
import type { HttpProxy } from './proxy-agent.ts';
import { checkPem, credentialsOf, pemOf } from './user-credentials.ts';

/** How to reach a cluster, as a service connection gives it (facts/azure.md 4). */
export type ConnectionSpec =
  | {
      readonly kind: 'kubeconfig';
      readonly kubeconfig: string;
      readonly context?: string;
      readonly acceptUntrustedCerts: boolean;
    }
  | {
      readonly kind: 'token';
      readonly server: string;
      readonly token: string;
      /** Base64 of PEM, as a service account's Secret carries it. Absent: the system's certificates. */
      readonly caData?: string;
      readonly acceptUntrustedCerts: boolean;
    }
  | { readonly kind: 'aks'; readonly cluster: AksCluster };

/** Which server is trusted. */
export interface ServerTrust {
  /** PEM. Absent: the system's certificates. */
  readonly ca?: string | string[];
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

/** Where the API server is, how it proves itself, and how we do. */
export interface Connection {
  /** `https://host:port/path`, without a slash at the end. */
  readonly server: string;
  /** The context's namespace. */
  readonly namespace?: string;
  readonly trust: ServerTrust;
  readonly credentials: CredentialSource;
  /** The HTTP proxy on the way: the kubeconfig's own, else the agent's. */
  readonly proxy?: HttpProxy;
  /** The agent's, where the server asks for a certificate and `credentials` have none. */
  readonly agentCertificate?: CertificateOptions;
}

export interface ConnectionTools {
  readonly registerSecret: RegisterSecret;
  /** Milliseconds since the epoch: when a token is due to be renewed. */
  readonly now: () => number;
  /** The agent's; straight to the server where there is none. */
  readonly network?: Network;
  /** Fetches kubelogin where the agent has none, and gives its path. */
  readonly installKubelogin?: () => Promise<string>;
  /** Of the Azure connection, where there is one. A cluster of AKS can't do without. */
  readonly azure?: EntraTokens;
}

/**
 * Reads a connection; asks nobody yet (a login program first runs with the first request), but for the kubeconfig of a cluster of
 * AKS, which Azure has. Rejects with `CONNECTION_INVALID` for a kubeconfig that can't work, an unknown context, an address or a
 * certificate that is none, and as `aksKubeconfig` does.
 */
export async function openConnection(spec: ConnectionSpec, tools: ConnectionTools): Promise<Connection> {
  const choice = await chooseFrom(spec, tools);
  const server = checkServer(choice.cluster.server, spec.kind);
  const ca = await pemOf(choice.cluster.caData, choice.cluster.caFile, 'certificate-authority');
  const { network } = tools;
  const careless = choice.cluster.skipTLSVerify || (spec.kind !== 'aks' && spec.acceptUntrustedCerts);
  // Who brings an authority means that one: the agent's others could be anybody who stands between.
  const trust: ServerTrust = {
    rejectUnauthorized: true,
    ...(ca === undefined ? network?.trust : { ca }),
    ...(careless && { rejectUnauthorized: false }),
    ...(choice.cluster.tlsServerName && { servername: choice.cluster.tlsServerName }),
  };
  if (ca !== undefined) checkPem(() => new X509Certificate(ca));
  const credentials = await credentialsOf(choice, ca, tools);
  const proxy = choice.cluster.proxyUrl
    ? checkProxy(choice.cluster.proxyUrl, tools)
    : network?.proxyFor(new URL(server));
  return {
    server,
    trust,
    credentials,
    ...(choice.context.namespace && { namespace: choice.context.namespace }),
    ...(proxy && { proxy }),
    ...(network && { agentCertificate: network.clientCertificate }),
  };
}

async function chooseFrom(spec: ConnectionSpec, { azure }: ConnectionTools): Promise<KubeconfigChoice> {
  switch (spec.kind) {
    case 'kubeconfig':
      return readKubeconfig(spec.kubeconfig, spec.context);
    case 'token':
      return kubeconfigOf(spec.server, spec.token, spec.caData);
    case 'aks':
      if (azure === undefined) throw new Error('A cluster of AKS without an Azure connection');
      return readKubeconfig(await aksKubeconfig(spec.cluster, azure));
  }
}

function checkServer(server: string, kind: ConnectionSpec['kind']): string {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  // A bare token over plain HTTP is everybody's; who wants that (a local kubectl proxy) has to write it in a kubeconfig.
  const allowed = kind === 'kubeconfig' ? ['https:', 'http:'] : ['https:'];
  if (url === undefined || !allowed.includes(url.protocol) || url.username !== '') {
    throw invalid('The address of the API server cannot be used', {
      expected: 'https://host:port',
      found: url?.username ? 'an address with a user name in it' : JSON.stringify(server),
      hint: 'Correct the server URL of the service connection',
    });
  }
  return url.href.replace(/[?#].*$/, '').replace(/\/+$/, '');
}

function checkProxy(proxyUrl: string, { registerSecret }: ConnectionTools): HttpProxy {
  const proxy = readProxy(proxyUrl);
  const [, login] = proxy?.authorization?.reveal().split(' ') ?? [];
  if (login !== undefined) registerSecret(login);
  if (proxy !== undefined) return proxy;
  throw invalid('The proxy-url of the kubeconfig cannot be used', {
    expected: 'an http:// or https:// address',
    hint: 'Remove proxy-url from the kubeconfig, or name an HTTP proxy',
  });
}

function invalid(message: string, details: { expected?: string; found?: string; hint: string }): CanaryError {
  return new CanaryError('CONNECTION_INVALID', message, details);
}
