import { setTimeout as sleep } from 'node:timers/promises';
import { isKubeStatus, type KubeClient, patchType } from '../kube-client.ts';
import type { Pod, PodStatus } from './pod.ts';

const retryMs = 300;

/** Keeps the status of one pod in the cluster equal to what it is, with one write at a time and none without a change. */
export class StatusWriter {
  readonly #client: KubeClient;
  readonly #pod: Pod;
  readonly #render: () => PodStatus;
  readonly #gone: AbortSignal;
  #written = '';
  #work: Promise<void> | undefined;

  constructor(client: KubeClient, pod: Pod, render: () => PodStatus, gone: AbortSignal) {
    this.#client = client;
    this.#pod = pod;
    this.#render = render;
    this.#gone = gone;
  }

  /** Says that something may have changed. */
  poke(): void {
    this.#work ??= this.#writeUntilEqual();
  }

  /** Resolves when the cluster has what is true now, or the pod is gone. */
  async flush(): Promise<void> {
    this.poke();
    await this.#work;
  }

  async #writeUntilEqual(): Promise<void> {
    // What changes within one turn of the event loop goes out in one write.
    await Promise.resolve();
    for (;;) {
      const status = this.#render();
      const text = JSON.stringify(status);
      if (text === this.#written || this.#gone.aborted) break;
      if (await this.#write(status)) this.#written = text;
      else await sleep(retryMs, undefined, { signal: this.#gone }).catch(() => {});
    }
    this.#work = undefined;
  }

  /** False for a failure that may pass. The uid keeps us from writing onto a new pod of the same name. */
  async #write(status: PodStatus): Promise<boolean> {
    const { name, namespace, uid } = this.#pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    try {
      // Conditions are merged by type: words that no longer hold have to be taken away by name.
      const conditions = status.conditions?.map(condition => ({ reason: null, message: null, ...condition }));
      const body = { metadata: { uid }, status: { ...status, conditions } };
      await this.#client.patch(path, body, patchType.strategic);
      return true;
    } catch (error) {
      return isKubeStatus(error, 404) || isKubeStatus(error, 409);
    }
  }
}
