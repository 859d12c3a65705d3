import type { KubeClient, WatchEvent } from '../kube-client.ts';
import { AddressPool } from './address-pool.ts';
import type { BackOffPolicy } from './back-off.ts';
import { EventRecorder } from './events.ts';
import { KubeletServer } from './kubelet-server.ts';
import { nodeObject, registerNode } from './node-object.ts';
import { clusterConfig, type NodeServices } from './node-services.ts';
import type { Pod } from './pod.ts';
import { PodWorker } from './pod-worker.ts';

export interface KubeletOptions {
  readonly client: KubeClient;
  readonly nodeName: string;
  readonly logDirectory: string;
  readonly backOff: BackOffPolicy;
  /** The certificate and key, as PEM text, for the server that the API server asks for logs. */
  readonly tls: { readonly cert: string; readonly key: string };
  readonly log: (line: string) => void;
}

const nodeAddress = '127.0.0.1';
const podsPerNode = 1_000;

/** Stands in for a node's kubelet: the pods bound to the node run as real processes, each on its own loopback address. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #services: NodeServices;
  readonly #stopped = new AbortController();
  readonly #workers = new Map<string, PodWorker>();
  readonly #addresses: AddressPool;
  readonly #server: KubeletServer;

  private constructor(options: KubeletOptions, addresses: AddressPool) {
    this.#options = options;
    this.#addresses = addresses;
    this.#server = new KubeletServer(options.tls, (namespace, pod, container) =>
      [...this.#workers.values()].find(worker => worker.is(namespace, pod))?.container(container),
    );
    this.#services = {
      client: options.client,
      events: new EventRecorder(options.client, options.nodeName),
      config: clusterConfig(options.client),
      hostIP: nodeAddress,
      backOff: options.backOff,
      logDirectory: options.logDirectory,
    };
  }

  /** A kubelet with addresses for its pods. */
  static async create(options: KubeletOptions): Promise<Kubelet> {
    return new Kubelet(options, await AddressPool.claim(podsPerNode));
  }

  /** Registers the node and serves it until `stop`. Rejects when the node can't be registered. */
  async run(): Promise<void> {
    const { client, nodeName, log } = this.#options;
    const port = await this.#server.listen(nodeAddress);
    const facts = { name: nodeName, address: nodeAddress, pods: podsPerNode, port, now: Date.now() };
    await registerNode(client, nodeObject(facts));
    log(`node ${nodeName} is registered`);
    await client.watch<Pod>(
      `/api/v1/pods?fieldSelector=spec.nodeName%3D${nodeName}`,
      {
        onList: pods => this.#reconcile(pods),
        onEvent: event => this.#react(event),
        onError: error => log(`watching pods: ${error.message}`),
      },
      this.#stopped.signal,
    );
  }

  /** Kills all processes. The pods stay in the cluster as they are, as when a node loses its power. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([...this.#workers.values()].map(worker => worker.kill()));
    this.#addresses.close();
    this.#server.close();
  }

  #reconcile(pods: Pod[]): void {
    const present = new Set(pods.map(pod => pod.metadata.uid));
    for (const [uid, worker] of this.#workers) if (!present.has(uid)) this.#forget(uid, worker);
    for (const pod of pods) this.#see(pod);
  }

  #react({ type, object }: WatchEvent<Pod>): void {
    const uid = object.metadata.uid ?? '';
    const worker = this.#workers.get(uid);
    if (type !== 'DELETED') this.#see(object);
    else if (worker) this.#forget(uid, worker);
  }

  #see(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.#workers.get(uid);
    if (known) {
      known.update(pod);
      return;
    }
    const worker = new PodWorker(pod, this.#addresses.take(), this.#services);
    this.#workers.set(uid, worker);
    const { phase } = pod.status ?? {};
    const over = phase === 'Succeeded' || phase === 'Failed';
    if (!over && !pod.metadata.deletionTimestamp) worker.start();
    if (pod.metadata.deletionTimestamp) worker.update(pod);
  }

  #forget(uid: string, worker: PodWorker): void {
    this.#workers.delete(uid);
    void worker.kill().then(() => this.#addresses.release(worker.podIP));
  }
}
