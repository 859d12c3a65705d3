import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';

/** Where an API server is, how it proves itself, and who we are to it. */
export interface KubeConnection {
  /** Such as `https://127.0.0.1:6443`. */
  readonly server: string;
  /** The certificates to trust, as PEM text; absent means those of the system. */
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
  /** A client certificate with its key, as PEM text. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

interface KubeconfigFile {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string } }[];
  clusters?: { name: string; cluster: Record<string, string | undefined> & { server: string } }[];
  users?: { name: string; user: Record<string, string | undefined> }[];
}

/**
 * Reads the current context of a kubeconfig: certificates as data or file, and a token or a client certificate.
 * Login programs (`exec`) are not run: the rig makes its own tokens. Throws what is missing, with the file's name.
 */
export async function readKubeconfig(path: string): Promise<KubeConnection> {
  const file = parse(await readFile(path, 'utf8')) as KubeconfigFile;
  const name = file['current-context'];
  const context = file.contexts?.find(entry => entry.name === name)?.context;
  const cluster = file.clusters?.find(entry => entry.name === context?.cluster)?.cluster;
  const user = file.users?.find(entry => entry.name === context?.user)?.user;
  if (!context || !cluster || !user) {
    throw new Error(
      `${path}: the current context ${JSON.stringify(name)} names no cluster and user of this file`,
    );
  }
  const pem = async (fields: Record<string, string | undefined>, field: string) => {
    const data = fields[`${field}-data`];
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    const file = fields[field];
    return file === undefined ? undefined : readFile(resolve(dirname(path), file), 'utf8');
  };
  return {
    server: cluster.server,
    ca: await pem(cluster, 'certificate-authority'),
    token: user.token,
    cert: await pem(user, 'client-certificate'),
    key: await pem(user, 'client-key'),
  };
}
