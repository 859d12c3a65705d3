import { CanaryError } from '../release/errors.ts';
import { asRecord, valueAt } from '../release/kube-object.ts';
import type { ExecPlugin } from './exec-plugin.ts';
import type { KubeconfigChoice } from './kubeconfig.ts';
import { isKubelogin, withoutSecretFlags } from './kubelogin.ts';

/**
 * The headers by which requests act as somebody else: `as`, `as-uid` and `as-groups` of a kubeconfig's user. Throws
 * `CONNECTION_INVALID` for what can't be kept, because acting with other rights than asked would be a surprise.
 */
export function impersonationHeaders(user: unknown): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const name = valueAt(user, 'as');
  if (typeof name === 'string' && name !== '') headers['impersonate-user'] = name;
  const uid = valueAt(user, 'as-uid');
  if (typeof uid === 'string' && uid !== '') headers['impersonate-uid'] = uid;
  for (const field of ['as-groups', 'as-user-extra']) {
    if (valueAt(user, field) !== undefined) {
      throw new CanaryError('CONNECTION_INVALID', `The kubeconfig uses ${field}, which is not supported`, {
        hint: 'Use an account that has the rights itself, or impersonate by user name only',
      });
    }
  }
  return headers;
}

/** The `exec` entry of a kubeconfig's user. Throws `CONNECTION_INVALID` where it can't work on an agent. */
export function readExecPlugin(entry: unknown, choice: KubeconfigChoice, ca: string | undefined): ExecPlugin {
  const exec = asRecord(entry) ?? {};
  if (typeof exec.command !== 'string' || exec.command === '') {
    throw new CanaryError('CONNECTION_INVALID', 'The exec entry of the kubeconfig has no command', {
      hint: 'Paste a kubeconfig that works with kubectl into the service connection',
    });
  }
  if (exec.interactiveMode === 'Always') {
    throw new CanaryError(
      'CONNECTION_INVALID',
      `The login program ${exec.command} of the kubeconfig needs a terminal`,
      {
        expected: 'interactiveMode Never or IfAvailable',
        hint: 'Use a service account, or a login that needs no person (kubelogin convert-kubeconfig -l spn)',
      },
    );
  }
  const written = Array.isArray(exec.args) ? exec.args.map(String) : [];
  const { args, env } = isKubelogin(exec.command) ? withoutSecretFlags(written) : { args: written, env: {} };
  return {
    apiVersion:
      typeof exec.apiVersion === 'string' ? exec.apiVersion : 'client.authentication.k8s.io/v1beta1',
    command: exec.command,
    args,
    env: { ...readEnv(exec.env), ...env },
    ...(typeof exec.installHint === 'string' && { installHint: exec.installHint }),
    ...(exec.provideClusterInfo === true && { cluster: clusterInfo(choice, ca) }),
  };
}

function readEnv(list: unknown): Record<string, string> {
  const env: Record<string, string> = {};
  for (const item of Array.isArray(list) ? list : []) {
    const { name, value } = asRecord(item) ?? {};
    if (typeof name === 'string' && typeof value === 'string') env[name] = value;
  }
  return env;
}

/** `spec.cluster` of an ExecCredential, as client-go fills it. */
function clusterInfo(choice: KubeconfigChoice, ca: string | undefined): Readonly<Record<string, unknown>> {
  const { cluster, written } = choice;
  const extensions = valueAt(written.cluster, 'extensions');
  const config = (Array.isArray(extensions) ? extensions : []).find(
    extension => valueAt(extension, 'name') === 'client.authentication.k8s.io/exec',
  );
  return {
    server: cluster.server,
    ...(cluster.tlsServerName && { 'tls-server-name': cluster.tlsServerName }),
    ...(cluster.skipTLSVerify && { 'insecure-skip-tls-verify': true }),
    ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(cluster.proxyUrl && { 'proxy-url': cluster.proxyUrl }),
    ...(config !== undefined && { config: valueAt(config, 'extension') }),
  };
}
