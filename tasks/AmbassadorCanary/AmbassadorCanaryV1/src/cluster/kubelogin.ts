import { asRecord, valueAt } from '../release/kube-object.ts';

/** The app that the API servers of AKS are to Entra, in every cloud. */
const aksServerId = '6dae42f8-4368-4678-94ff-3960e28e3630';

/** How the user of a kubeconfig logs in to a cluster with Entra ID. */
export interface KubeloginUser {
  /** The app that the API server is to Entra. */
  readonly serverId: string;
  /** It would ask a person, and nobody sits at an agent. */
  readonly needsPerson: boolean;
}

/**
 * Reads a user that kubelogin logs in, or that the older auth-provider `azure` did; `undefined` for any other. `environment` is
 * what the program would be run with.
 */
export function kubeloginUser(
  user: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): KubeloginUser | undefined {
  const provider = asRecord(valueAt(user, 'auth-provider'));
  if (provider?.name === 'azure') {
    const serverId = valueAt(provider.config, 'apiserver-id');
    return { serverId: typeof serverId === 'string' ? serverId : aksServerId, needsPerson: true };
  }
  const exec = asRecord(valueAt(user, 'exec'));
  if (!isKubelogin(exec?.command)) return undefined;
  const args = Array.isArray(exec?.args) ? exec.args.map(String) : [];
  const env = Array.isArray(exec?.env) ? exec.env : [];
  const set = env.find(variable => valueAt(variable, 'name') === 'AAD_LOGIN_METHOD');
  const method =
    valueAt(set, 'value') ?? environment.AAD_LOGIN_METHOD ?? flag(args, '--login', '-l') ?? 'devicecode';
  return {
    serverId: flag(args, '--server-id') ?? aksServerId,
    needsPerson: method === 'devicecode' || method === 'interactive',
  };
}

/** Whether a login program is kubelogin, wherever it lies. */
export function isKubelogin(command: unknown): boolean {
  return typeof command === 'string' && /(^|[\\/])kubelogin(\.exe)?$/.test(command);
}

/** `--name value` or `--name=value`. */
function flag(args: readonly string[], ...names: readonly string[]): string | undefined {
  for (const [index, arg] of args.entries()) {
    if (names.includes(arg)) return args[index + 1];
    const name = names.find(one => arg.startsWith(`${one}=`));
    if (name !== undefined) return arg.slice(name.length + 1);
  }
  return undefined;
}
