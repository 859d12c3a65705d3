import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Watcher } from './emissary/cluster-state.ts';
import { Emissary } from './emissary/emissary.ts';
import { Envoy } from './envoy/envoy.ts';
import { ensureEnvoy } from './envoy/install.ts';
import { KubeClient } from './kube-client.ts';
import { freePorts } from './ports.ts';
import { Prometheus } from './prometheus/prometheus.ts';
import { emissaryTarget, podTargets } from './prometheus/targets.ts';

/** The cluster to serve: a kubeconfig, or a client. */
type ClusterAccess = { readonly kubeconfigPath: string } | { readonly client: Watcher };

export type DataPlaneOptions = ClusterAccess & {
  /** A folder for configurations, logs and Prometheus' data; made if it is not there, and not removed. */
  readonly dir: string;
  readonly scrapeIntervalSeconds: number;
  /** Where Emissary's port 8877 is served; default: any free port of 127.0.0.1. */
  readonly admin?: { readonly host: string; readonly port: number };
  readonly log: (line: string) => void;
};

/** Where requests go through, and what can be asked about them. All URLs are on loopback, without a slash at the end. */
export interface DataPlane {
  /** Envoy's listener: what the users of the app call. */
  readonly url: string;
  readonly prometheusUrl: string;
  /** Emissary's port 8877. */
  readonly diagUrl: string;
  readonly envoyAdminUrl: string;
  /** To make Emissary slow. */
  readonly emissary: Pick<Emissary, 'slowdownMs'>;
  /** To take Prometheus away (`stop`) and to bring it back (`start`). */
  readonly prometheus: Pick<Prometheus, 'start' | 'stop'>;
  /** Ends everything; no process is left. */
  stop(): Promise<void>;
}

/** The namespace that the stand-in for Emissary claims to run in. */
export const emissaryNamespace = 'emissary';

/**
 * Starts Envoy, the stand-in for Emissary that configures it from the cluster, and Prometheus. When it fails, nothing is
 * left running.
 */
export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const { dir, log } = options;
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const binary = await ensureEnvoy(log);
    const [listenerPort = 0, adminPort = 0, prometheusPort = 0, diagPort = 0] = await freePorts(4);
    const admin = options.admin ?? { host: '127.0.0.1', port: diagPort };
    await mkdir(join(dir, 'envoy'), { recursive: true });
    const envoy = await Envoy.start(binary, { dir: join(dir, 'envoy'), listenerPort, adminPort });
    stops.push(() => envoy.stop());

    const prometheus = await Prometheus.start({
      dir: join(dir, 'prometheus'),
      port: prometheusPort,
      scrapeIntervalSeconds: options.scrapeIntervalSeconds,
      emissary: emissaryTarget(`http://${admin.host}:${admin.port}`, emissaryNamespace),
    });
    stops.push(() => prometheus.stop());

    let client: Watcher;
    if ('client' in options) {
      client = options.client;
    } else {
      const own = await KubeClient.fromKubeconfig(options.kubeconfigPath);
      stops.push(() => own.close());
      client = own;
    }
    const emissary = await Emissary.start({
      client,
      envoy,
      namespace: emissaryNamespace,
      admin,
      onServices: state => prometheus.setTargets(podTargets(state)),
      log,
    });
    stops.push(() => emissary.stop());
    return {
      url: envoy.url,
      prometheusUrl: prometheus.url,
      diagUrl: emissary.adminUrl,
      envoyAdminUrl: envoy.adminUrl,
      emissary,
      prometheus,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
