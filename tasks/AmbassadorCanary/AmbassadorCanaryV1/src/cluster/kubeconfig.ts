import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type {
  Cluster as ClusterEntry,
  Context as ContextEntry,
  User as UserEntry,
} from '@kubernetes/client-node/dist/config_types.js';
import { LineCounter, parseDocument } from 'yaml';
import { CanaryError } from '../release/errors.ts';
import { asRecord, valueAt } from '../release/kube-object.ts';

/** What the chosen context of a kubeconfig says. */
export interface KubeconfigChoice {
  readonly kubeConfig: KubeConfig;
  readonly context: ContextEntry;
  readonly cluster: ClusterEntry;
  /** Absent where the context names none: then requests carry no credentials. */
  readonly user?: UserEntry;
  /** The chosen user and cluster as written, for the fields that client-node does not model. */
  readonly written: { readonly user: unknown; readonly cluster: unknown };
}

const sizeLimit = 1024 * 1024;

/**
 * Reads a kubeconfig and chooses a context: the named one, else its `current-context`. Throws `CONNECTION_INVALID`.
 * No error quotes the text: it is full of secrets.
 */
export function readKubeconfig(text: string, contextName?: string): KubeconfigChoice {
  const written = parseKubeconfig(text);
  const kubeConfig = new KubeConfig();
  try {
    // One reader for all YAML of the step; client-node sees the JSON of it.
    kubeConfig.loadFromString(JSON.stringify(withTokenFiles(written)));
  } catch (error) {
    throw invalid('The kubeconfig of the connection is not complete', { found: (error as Error).message });
  }
  return chooseContext(kubeConfig, written, contextName);
}

/** A kubeconfig made of a server's address and a token, as connections with a service account are. */
export function kubeconfigOf(server: string, token: string, caData: string | undefined): KubeconfigChoice {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'cluster', server, skipTLSVerify: false, ...(caData && { caData }) }],
    users: [{ name: 'user', token }],
    contexts: [{ name: 'context', cluster: 'cluster', user: 'user' }],
    currentContext: 'context',
  });
  return chooseContext(kubeConfig, {}, undefined);
}

function parseKubeconfig(text: string): Readonly<Record<string, unknown>> {
  if (text.length > sizeLimit) {
    throw invalid('The kubeconfig of the connection is too large', {
      expected: 'at most 1 MiB',
      found: `${text.length} characters`,
    });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const error = document.errors[0];
  if (error !== undefined) {
    throw invalid('The kubeconfig of the connection is not YAML', {
      found: `${error.code} in line ${lines.linePos(error.pos[0]).line}`,
    });
  }
  const root = asRecord(document.toJS());
  if (root === undefined || !Array.isArray(root.clusters)) {
    throw invalid('The connection does not hold a kubeconfig', {
      expected: 'a YAML map with clusters, users and contexts',
      found: root === undefined ? 'something that is no map' : `a map without a list of clusters`,
    });
  }
  return root;
}

/**
 * client-node knows a token file only as the auth-provider it makes for a pod's own account, and reads the misspelt
 * `token-file` once; kubectl's field is `tokenFile`, read again and again, and it wins over `token`.
 */
function withTokenFiles(kubeconfig: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!Array.isArray(kubeconfig.users)) return kubeconfig;
  const users = kubeconfig.users.map((entry: unknown) => {
    const user = asRecord(valueAt(entry, 'user'));
    if (user === undefined || typeof user.tokenFile !== 'string') return entry;
    const { tokenFile, token: _, ...rest } = user;
    return {
      ...asRecord(entry),
      user: { ...rest, 'auth-provider': { name: 'tokenFile', config: { tokenFile } } },
    };
  });
  return { ...kubeconfig, users };
}

function chooseContext(
  kubeConfig: KubeConfig,
  written: Readonly<Record<string, unknown>>,
  contextName: string | undefined,
): KubeconfigChoice {
  const wanted = contextName ?? kubeConfig.getCurrentContext();
  const known = kubeConfig.getContexts().map(context => context.name);
  const context = kubeConfig.getContexts().find(({ name }) => name === wanted);
  if (context === undefined) {
    throw invalid(
      wanted === undefined || wanted === ''
        ? 'The kubeconfig of the connection has no current-context, and the connection chooses none'
        : `The kubeconfig of the connection has no context ${JSON.stringify(wanted)}`,
      {
        expected: known.length > 0 ? `one of ${known.join(', ')}` : 'at least one context',
        hint: 'Choose the cluster context in the service connection',
      },
    );
  }
  kubeConfig.setCurrentContext(context.name);
  const cluster = kubeConfig.getCluster(context.cluster);
  if (!cluster) throw missingEntry('cluster', context.cluster, context.name);
  const user = context.user === undefined ? undefined : kubeConfig.getUser(context.user);
  if (user === null) throw missingEntry('user', context.user, context.name);
  return {
    kubeConfig,
    context,
    cluster,
    ...(user && { user }),
    written: {
      user: entryOf(written.users, context.user, 'user'),
      cluster: entryOf(written.clusters, context.cluster, 'cluster'),
    },
  };
}

function entryOf(list: unknown, name: string | undefined, field: string): unknown {
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  return valueAt(
    entries.find(entry => valueAt(entry, 'name') === name),
    field,
  );
}

function missingEntry(kind: string, name: string, context: string): CanaryError {
  return invalid(
    `The context ${JSON.stringify(context)} of the kubeconfig names the ${kind} ${JSON.stringify(name)}`,
    {
      expected: `a ${kind} of that name`,
      found: 'none',
    },
  );
}

function invalid(
  message: string,
  details: { expected?: string; found?: string; hint?: string },
): CanaryError {
  return new CanaryError('CONNECTION_INVALID', message, {
    hint: 'Paste a kubeconfig that works with kubectl into the service connection',
    ...details,
  });
}
