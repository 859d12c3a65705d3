import { delimiter } from 'node:path';
import { type RigCluster, startCluster } from '../../rig/cluster.ts';
import { KubeClient, type KubeObject } from '../../rig/kube-client.ts';
import { readKubeconfig } from '../../rig/kube-connection.ts';
import { until } from '../../rig/until.ts';

/** What a world needs of its cluster: one of its own, or one that is up. */
export interface TestCluster
  extends Pick<
    RigCluster,
    'server' | 'caPem' | 'adminToken' | 'kubeconfigPath' | 'emissaryKubeconfigPath' | 'client'
  > {
  makeNamespace(name: string): Promise<void>;
  /** Leaves nothing behind: ends the cluster if it was started for the tests, else deletes the namespaces that were made. */
  stop(): Promise<void>;
}

/** Pods end within their grace periods, and the namespace controller looks every few seconds. */
const namespacesGoneLimitMs = 90_000;

/** The cluster of this kubeconfig, or a new one where there is none. Rejects, before anything is touched, for one that can't serve. */
export async function clusterForTests(kubeconfig = process.env.KUBECONFIG): Promise<TestCluster> {
  if (kubeconfig) return clusterThatIsUp(kubeconfig);
  const cluster = await startCluster();
  return { ...cluster, makeNamespace: name => makeNamespace(cluster.client, name) };
}

async function clusterThatIsUp(path: string): Promise<TestCluster> {
  if (path.includes(delimiter)) throw new Error(`KUBECONFIG must name one file for these tests, not ${path}`);
  const { server, ca, token } = await readKubeconfig(path);
  if (token === undefined || ca === undefined) {
    throw new Error(
      `${path}: its user needs a token and its cluster a certificate, for the tests make a service connection of them`,
    );
  }
  const client = new KubeClient({ server, ca, token });
  try {
    await checkNodes(client);
  } catch (error) {
    client.close();
    throw error;
  }
  const made: string[] = [];
  return {
    server,
    caPem: ca,
    adminToken: token,
    kubeconfigPath: path,
    emissaryKubeconfigPath: path,
    client,
    makeNamespace: async name => {
      await makeNamespace(client, name);
      made.push(name);
    },
    stop: async () => {
      try {
        await deleteNamespaces(client, made);
      } finally {
        client.close();
      }
    },
  };
}

/** Envoy runs on this machine and reaches only pods that listen here: those of the rig's node. Nothing was written yet. */
async function checkNodes(client: KubeClient): Promise<void> {
  const { items } = await client.list<NodeObject>('/api/v1/nodes');
  const foreign = items.find(({ status }) => !status.nodeInfo.containerRuntimeVersion.startsWith('rig://'));
  if (items.length > 0 && foreign === undefined) return;
  const found = foreign
    ? `node ${foreign.metadata.name} runs ${foreign.status.nodeInfo.containerRuntimeVersion}`
    : 'it has no node';
  throw new Error(
    `The cluster of KUBECONFIG, ${client.server}, is no rig (${found}): requests of the tests can't reach its pods. ` +
      'Unset KUBECONFIG, or point it at a rig that is up (npm run rig -- up)',
  );
}

interface NodeObject extends KubeObject {
  status: { nodeInfo: { containerRuntimeVersion: string } };
}

async function makeNamespace(client: KubeClient, name: string): Promise<void> {
  await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** The next file uses the same names, so they must be gone, not only going. */
async function deleteNamespaces(client: KubeClient, names: readonly string[]): Promise<void> {
  await Promise.all(names.map(name => client.delete(`/api/v1/namespaces/${name}`)));
  await until(
    `the namespaces ${names.join(', ')} are gone`,
    async () => {
      const { items } = await client.list('/api/v1/namespaces');
      return !items.some(({ metadata }) => names.includes(metadata.name));
    },
    { limitMs: namespacesGoneLimitMs, everyMs: 300 },
  );
}
