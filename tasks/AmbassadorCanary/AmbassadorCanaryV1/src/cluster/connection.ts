import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { CanaryError } from '../release/errors.ts';
import { asRecord, valueAt } from '../release/kube-object.ts';
import {
  bearer,
  type CredentialSource,
  type Credentials,
  fixedCredentials,
  OidcCredentials,
  type RegisterSecret,
  TokenFile,
  withHeaders,
} from './credentials.ts';
import { ExecCredentials } from './exec-plugin.ts';
import { type KubeconfigChoice, kubeconfigOf, readKubeconfig } from './kubeconfig.ts';
import { impersonationHeaders, readExecPlugin } from './kubeconfig-user.ts';
import type { Network } from './network.ts';
import { readProxy } from './proxy-address.ts';
import type { HttpProxy } from './proxy-agent.ts';

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
    };

/** Which server is trusted. */
export interface ServerTrust {
  /** PEM. Absent: the system's certificates. */
  readonly ca?: string | string[];
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

type AgentCertificateOptions = Pick<SecureContextOptions, 'cert' | 'key' | 'pfx' | 'passphrase'>;

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
  readonly agentCertificate?: AgentCertificateOptions;
}

export interface ConnectionTools {
  readonly registerSecret: RegisterSecret;
  /** Milliseconds since the epoch: when a token is due to be renewed. */
  readonly now: () => number;
  /** The agent's; straight to the server where there is none. */
  readonly network?: Network;
}

/**
 * Reads a connection; asks nobody yet (a login program first runs with the first request). Rejects with
 * `CONNECTION_INVALID` for a kubeconfig that can't work, an unknown context, an address or a certificate that is none.
 */
export async function openConnection(spec: ConnectionSpec, tools: ConnectionTools): Promise<Connection> {
  const choice =
    spec.kind === 'kubeconfig'
      ? readKubeconfig(spec.kubeconfig, spec.context)
      : kubeconfigOf(spec.server, spec.token, spec.caData);
  const server = checkServer(choice.cluster.server, spec.kind);
  const ca = await pemOf(choice.cluster.caData, choice.cluster.caFile, 'certificate-authority');
  const { network } = tools;
  const careless = choice.cluster.skipTLSVerify || spec.acceptUntrustedCerts;
  // Who brings an authority means that one: the agent's others could be anybody who stands between.
  const trust: ServerTrust = {
    ...(ca === undefined
      ? { rejectUnauthorized: true, ...network?.trust }
      : { ca, rejectUnauthorized: true }),
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

async function credentialsOf(
  choice: KubeconfigChoice,
  ca: string | undefined,
  tools: ConnectionTools,
): Promise<CredentialSource> {
  const { user } = choice;
  if (user === undefined) return fixedCredentials({ headers: {} });
  const { registerSecret, now } = tools;
  const impersonation = impersonationHeaders(choice.written.user);
  const source = await sourceOf();
  return Object.keys(impersonation).length > 0 ? withHeaders(source, impersonation) : source;

  // The order is client-go's: a token file wins over a token, which wins over a password; a login program comes last.
  async function sourceOf(): Promise<CredentialSource> {
    const provider = asRecord(user?.authProvider);
    const tokenFile = valueAt(provider, 'config', 'tokenFile');
    if (typeof tokenFile === 'string') return new TokenFile(tokenFile, registerSecret, now);
    if (provider?.name === 'oidc') return new OidcCredentials(choice.kubeConfig, registerSecret);
    if (provider !== undefined) throw removedProvider(String(provider.name));
    if (user?.exec && !user.token) {
      return new ExecCredentials(readExecPlugin(user.exec, choice, ca), registerSecret, now);
    }
    return fixedCredentials(await fixedOf());
  }

  async function fixedOf(): Promise<Credentials> {
    const cert = await pemOf(user?.certData, user?.certFile, 'client-certificate');
    const key = await pemOf(user?.keyData, user?.keyFile, 'client-key');
    for (const secret of [user?.token, user?.password, key]) if (secret) registerSecret(secret);
    const certificate = cert && key ? { certificate: { cert, key } } : {};
    checkPem(() => createSecureContext(certificate.certificate));
    if (user?.token) return { ...bearer(user.token), ...certificate };
    if (!user?.username) return { headers: {}, ...certificate };
    const basic = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
    registerSecret(basic);
    return { headers: { authorization: `Basic ${basic}` }, ...certificate };
  }
}

/** What PEM a kubeconfig carries in base64 or names as a file; the data wins, as with kubectl. */
async function pemOf(
  data: string | undefined | null,
  file: string | undefined | null,
  field: string,
): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  if (!file) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw invalid(`The file of ${field} in the kubeconfig cannot be read`, {
      found: (error as Error).message,
      hint: `Use ${field}-data instead: the agent has only what the service connection carries`,
    });
  }
}

/** Node takes a certificate authority that is none without a word; then no server would ever be trusted. */
function checkPem(use: () => unknown): void {
  try {
    use();
  } catch (error) {
    throw invalid('A certificate or key of the connection cannot be used', {
      expected: 'PEM, in base64',
      found: (error as Error).message,
      hint: 'Compare the certificates of the service connection with those of a kubeconfig that works',
    });
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
  if (proxy?.authorization) registerSecret(proxy.authorization.reveal());
  if (proxy !== undefined) return proxy;
  throw invalid('The proxy-url of the kubeconfig cannot be used', {
    expected: 'an http:// or https:// address',
    hint: 'Remove proxy-url from the kubeconfig, or name an HTTP proxy',
  });
}

function removedProvider(name: string): CanaryError {
  return invalid(
    `The kubeconfig logs in by the auth-provider ${JSON.stringify(name)}, which kubectl removed in 1.26`,
    {
      expected: 'exec, token, oidc or a client certificate',
      hint: name === 'azure' ? 'Convert it: kubelogin convert-kubeconfig' : 'Use a service account token',
    },
  );
}

function invalid(message: string, details: { expected?: string; found?: string; hint: string }): CanaryError {
  return new CanaryError('CONNECTION_INVALID', message, details);
}
