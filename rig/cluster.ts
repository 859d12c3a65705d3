import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.ts';
import { ensurePrograms } from './control-plane/build.ts';
import { ControlPlane, type ControlPlaneOptions } from './control-plane/control-plane.ts';
import { type CrdOptions, emissaryCrds, serviceMonitorCrd } from './crds/crds.ts';
import type { KubeClient, KubeObject } from './kube-client.ts';
import { type BackOffPolicy, rigBackOff } from './kubelet/back-off.ts';
import { repositoryRoot } from './paths.ts';
import { createServiceAccount, type ServiceAccountOptions } from './service-account.ts';
import { until } from './until.ts';

export interface ClusterOptions extends ControlPlaneOptions {
  /** Everything is kept below this folder; default: a fresh one in the system's temporary folder, removed at the end. */
  readonly dir?: string;
  /** Gets what happens, one line each. */
  readonly log?: (line: string) => void;
  /** Serve v2 of Emissary's kinds beside v3alpha1. */
  readonly crds?: CrdOptions;
  /** Namespaces to make beside Kubernetes' own; default: `emissary`. */
  readonly namespaces?: readonly string[];
  /** The waits of a crash loop; default 1 s doubling to 10 s. */
  readonly backOff?: BackOffPolicy;
}

/** A real cluster on loopback whose pods are processes. */
export interface RigCluster {
  /** A kubeconfig for an administrator. */
  readonly kubeconfigPath: string;
  /** Such as `https://127.0.0.1:23456`. */
  readonly server: string;
  readonly caPem: string;
  readonly adminToken: string;
  /** A client with the administrator's rights. */
  readonly client: KubeClient;
  readonly nodeName: string;
  /** The programs in use, such as the path of kubectl. */
  readonly kubectlPath: string;
  /** Where logs of the control plane, the kubelet and the pods lie. */
  readonly logDirectory: string;
  /** One JSON document a line; there when `audit` was asked for. */
  readonly auditLogPath?: string;
  /** A kubeconfig for the rig's Emissary, whose requests then have a name of their own in the audit log. */
  readonly emissaryKubeconfigPath: string;
  /** Makes a service account with these rights and gives a token of it. */
  createServiceAccount(options: ServiceAccountOptions): Promise<string>;
  /** Takes the API server away; all else runs on. */
  stopApiServer(): Promise<void>;
  /** Brings it back on the same address, with the same certificate and data. */
  startApiServer(): Promise<void>;
  /** The process ids of everything but the pods, by name. */
  pids(): Map<string, number>;
  /** Ends everything; no process is left. */
  stop(): Promise<void>;
}

const nodeName = 'rig-node';
const readyLimitMs = 60_000;

/** Starts a cluster; resolves when pods can be made. When it fails, nothing of it is left running. */
export async function startCluster(options: ClusterOptions = {}): Promise<RigCluster> {
  const log = options.log ?? (() => {});
  const programs = await ensurePrograms({ log });
  const directory = options.dir ?? (await mkdtemp(join(tmpdir(), 'ambassador-canary-rig-')));
  const started = Date.now();
  const plane = await ControlPlane.start(directory, programs, options);
  const client = plane.client('rig-admin');
  let kubelet: Child | undefined;
  const stop = async () => {
    client.close();
    await kubelet?.stop(2_000);
    await plane.stop();
    if (!options.dir) await rm(directory, { recursive: true, force: true });
  };
  try {
    kubelet = await startKubelet(plane, directory, options.backOff ?? rigBackOff);
    const namespaces = options.namespaces ?? ['emissary'];
    await Promise.all([
      kubelet.ready(async () => (await client.get(`/api/v1/nodes/${nodeName}`)) !== undefined, readyLimitMs),
      applyCrds(client, options.crds ?? {}),
      makeNamespaces(client, namespaces),
    ]);
    const cluster = {
      kubeconfigPath: await plane.kubeconfig('rig-admin'),
      emissaryKubeconfigPath: await plane.kubeconfig('rig-emissary'),
      server: plane.server,
      caPem: plane.caPem,
      adminToken: plane.tokens['rig-admin'],
      client,
      nodeName,
      kubectlPath: programs.kubectl,
      logDirectory: join(directory, 'logs'),
      ...(plane.layout.audit && { auditLogPath: plane.layout.audit.logFile }),
      createServiceAccount: (account: ServiceAccountOptions) => createServiceAccount(client, account),
      stopApiServer: () => plane.stopApiServer(),
      startApiServer: () => plane.startApiServer(),
      pids: () => new Map<string, number>([...plane.pids, ['kubelet', kubelet?.pid ?? 0]]),
      stop,
    };
    log(`cluster: ready in ${((Date.now() - started) / 1000).toFixed(1)} s at ${plane.server}`);
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startKubelet(plane: ControlPlane, directory: string, backOff: BackOffPolicy): Promise<Child> {
  const logs = join(directory, 'logs');
  const kubeconfig = await plane.kubeconfig('rig-kubelet');
  return Child.start({
    name: 'kubelet',
    command: process.execPath,
    args: [
      ...['--import', 'tsx', join('rig', 'kubelet', 'main.ts')],
      ...['--kubeconfig', kubeconfig, '--node', nodeName, '--logs', join(logs, 'pods')],
      // Any pair would do: the API server does not check the kubelet's certificate.
      ...['--tls-cert', join(plane.layout.certificates, 'apiserver.crt')],
      ...['--tls-key', join(plane.layout.certificates, 'apiserver.key')],
      ...['--back-off-first-ms', `${backOff.firstMs}`, '--back-off-longest-ms', `${backOff.longestMs}`],
    ],
    cwd: repositoryRoot,
    // Not ours: options for Node (a test runner's, a debugger's) are not meant for the kubelet.
    env: { ...process.env, NODE_OPTIONS: '' },
    logFile: join(logs, 'kubelet.log'),
  });
}

/** Creates the CRDs and waits until the API server serves them. */
async function applyCrds(client: KubeClient, options: CrdOptions): Promise<void> {
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await Promise.all(
    [...emissaryCrds(options), serviceMonitorCrd()].map(async crd => {
      await client.create(crds, crd);
      await until(`the CRD ${crd.metadata.name} is served`, async () => {
        const { spec, status } = await client.get<KubeObject & Crd>(`${crds}/${crd.metadata.name}`);
        if (!status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True')) {
          return false;
        }
        // For a moment after that it still answers 429: storage is (re)initializing.
        for (const { name } of spec.versions.filter(({ served }) => served)) {
          await client.list(`/apis/${spec.group}/${name}/${spec.names.plural}?limit=1`);
        }
        return true;
      });
    }),
  );
}

interface Crd {
  spec: { group: string; names: { plural: string }; versions: { name: string; served: boolean }[] };
  status?: { conditions?: { type: string; status: string }[] };
}

/** Creates the namespaces; in each of them, and in `default`, pods can be made once there is a service account. */
async function makeNamespaces(client: KubeClient, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await client.create('/api/v1/namespaces', namespace);
  }
  await Promise.all(
    ['default', ...names].map(name =>
      until(
        `namespace ${name} has its service account`,
        () => client.get(`/api/v1/namespaces/${name}/serviceaccounts/default`),
        { limitMs: readyLimitMs },
      ),
    ),
  );
}
