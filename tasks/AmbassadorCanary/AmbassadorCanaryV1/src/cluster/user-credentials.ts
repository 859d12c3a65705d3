import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { CanaryError } from '../release/errors.ts';
import { asRecord, valueAt } from '../release/kube-object.ts';
import type { ConnectionTools } from './connection.ts';
import {
  bearer,
  type CredentialSource,
  type Credentials,
  fixedCredentials,
  OidcCredentials,
  TokenFile,
  withHeaders,
} from './credentials.ts';
import { EntraCredentials } from './entra-credentials.ts';
import { ExecCredentials } from './exec-plugin.ts';
import type { KubeconfigChoice } from './kubeconfig.ts';
import { impersonationHeaders, readExecPlugin } from './kubeconfig-user.ts';
import { kubeloginUser } from './kubelogin.ts';

/** How the chosen user of a kubeconfig proves who they are. Throws `CONNECTION_INVALID` for what can't work on an agent. */
export async function credentialsOf(
  choice: KubeconfigChoice,
  ca: string | undefined,
  tools: ConnectionTools,
): Promise<CredentialSource> {
  const { user } = choice;
  if (user === undefined) return fixedCredentials({ headers: {} });
  const { registerSecret, now, azure } = tools;
  const impersonation = impersonationHeaders(choice.written.user);
  const source = await sourceOf();
  return Object.keys(impersonation).length > 0 ? withHeaders(source, impersonation) : source;

  // The order is client-go's: a token file wins over a token, which wins over a password; a login program comes last.
  async function sourceOf(): Promise<CredentialSource> {
    const provider = asRecord(user?.authProvider);
    const tokenFile = valueAt(provider, 'config', 'tokenFile');
    if (typeof tokenFile === 'string') return new TokenFile(tokenFile, registerSecret, now);
    const login = kubeloginUser(choice.written.user, process.env);
    if (login?.needsPerson && !user?.token) {
      if (azure === undefined) throw needsPerson();
      return new EntraCredentials(azure, login.serverId);
    }
    if (provider?.name === 'oidc') return new OidcCredentials(choice.kubeConfig, registerSecret);
    if (provider !== undefined) throw removedProvider(String(provider.name));
    if (user?.exec && !user.token) {
      const plugin = readExecPlugin(user.exec, choice, ca);
      // Who names a path means what is there.
      const install = plugin.command === 'kubelogin' ? tools.installKubelogin : undefined;
      const env = { ...tools.network?.environment, ...plugin.env };
      return new ExecCredentials({ ...plugin, env, ...(install && { install }) }, registerSecret, now);
    }
    return fixedCredentials(await fixedOf());
  }

  async function fixedOf(): Promise<Credentials> {
    const cert = await pemOf(user?.certData, user?.certFile, 'client-certificate');
    const key = await pemOf(user?.keyData, user?.keyFile, 'client-key');
    for (const secret of [user?.token, user?.password, key]) if (secret) registerSecret(secret);
    const certificate = cert && key ? { certificate: { cert, key } } : {};
    if (cert && key) checkPem(() => createSecureContext({ ca, cert, key }));
    if (user?.token) return { ...bearer(user.token), ...certificate };
    if (!user?.username) return { headers: {}, ...certificate };
    const basic = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
    registerSecret(basic);
    return { headers: { authorization: `Basic ${basic}` }, ...certificate };
  }
}

/** What PEM a kubeconfig carries in base64 or names as a file; the data wins, as with kubectl. */
export async function pemOf(
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
export function checkPem(use: () => unknown): void {
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

function removedProvider(name: string): CanaryError {
  return invalid(
    `The kubeconfig logs in by the auth-provider ${JSON.stringify(name)}, which kubectl removed in 1.26`,
    {
      expected: 'exec, token, oidc or a client certificate',
      hint: 'Use a service account token',
    },
  );
}

function needsPerson(): CanaryError {
  return invalid(
    'The kubeconfig logs in to Entra ID by asking a person (kubelogin, or the auth-provider "azure")',
    {
      expected: 'a login that needs nobody',
      hint: 'Name an Azure Resource Manager connection as `azureSubscriptionConnection`, whose account then logs in; or convert the kubeconfig (kubelogin convert-kubeconfig -l spn)',
    },
  );
}

function invalid(message: string, details: { expected?: string; found?: string; hint: string }): CanaryError {
  return new CanaryError('CONNECTION_INVALID', message, details);
}
