import { randomBytes } from 'node:crypto';
import { type KubeClient, patchType } from '../kube-client.ts';
import { kubeTime, type Pod } from './pod.ts';

interface Noted {
  readonly path: string;
  count: number;
}

/** Writes v1 Events about pods, as a kubelet does: what happens again raises the count of the event that is there. */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #node: string;
  readonly #noted = new Map<string, Noted>();
  /** One after the other, so that a repetition finds the event it repeats. */
  #queue: Promise<void> = Promise.resolve();

  constructor(client: KubeClient, node: string) {
    this.#client = client;
    this.#node = node;
  }

  /** Notes an event; it is written soon. An event that can't be written is lost, as events may be. */
  record(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    const now = kubeTime(Date.now());
    this.#queue = this.#queue
      .then(() => this.#write(pod, type, reason, message, container, now))
      .catch(() => {});
  }

  /** Forgets a pod that is gone. */
  forget(pod: Pod): void {
    for (const key of this.#noted.keys()) if (key.startsWith(`${pod.metadata.uid} `)) this.#noted.delete(key);
  }

  async #write(
    pod: Pod,
    type: string,
    reason: string,
    message: string,
    container: string | undefined,
    now: string,
  ) {
    const { name, namespace = 'default', uid } = pod.metadata;
    const key = [uid, type, reason, container, message].join(' ');
    const known = this.#noted.get(key);
    if (known) {
      known.count++;
      await this.#client.patch(known.path, { count: known.count, lastTimestamp: now }, patchType.merge);
      return;
    }
    const events = `/api/v1/namespaces/${namespace}/events`;
    const eventName = `${name}.${randomBytes(8).toString('hex')}`;
    this.#noted.set(key, { path: `${events}/${eventName}`, count: 1 });
    await this.#client.create(events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName, namespace },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        name,
        namespace,
        uid,
        resourceVersion: pod.metadata.resourceVersion,
        ...(container && { fieldPath: `spec.containers{${container}}` }),
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component: 'kubelet', host: this.#node },
      reportingComponent: 'kubelet',
      reportingInstance: this.#node,
    });
  }
}
