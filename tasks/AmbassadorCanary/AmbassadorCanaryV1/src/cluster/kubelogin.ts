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

/** The flags of kubelogin that take a secret, and the variable that it reads in place of each. */
const secretFlags: Readonly<Record<string, string>> = {
  '--client-secret': 'AAD_SERVICE_PRINCIPAL_CLIENT_SECRET',
  '--client-certificate-password': 'AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE_PASSWORD',
  '--password': 'AAD_USER_PRINCIPAL_PASSWORD',
};

/**
 * The arguments of kubelogin without the secrets among them, which go into its environment: everybody on the machine can read the
 * arguments of a program.
 */
export function withoutSecretFlags(args: readonly string[]): {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
} {
  const env: Record<string, string> = {};
  for (const [name, variable] of Object.entries(secretFlags)) {
    const value = flag(args, name);
    if (value !== undefined) env[variable] = value;
  }
  const kept = args.filter((arg, index) => {
    const [name = ''] = arg.split('=');
    return !(name in secretFlags) && !((args[index - 1] ?? '') in secretFlags);
  });
  // Else it would not look at its environment.
  const isMoved = Object.keys(env).length > 0;
  return {
    args: isMoved ? kept.filter(arg => !arg.startsWith('--disable-environment-override')) : kept,
    env,
  };
}
