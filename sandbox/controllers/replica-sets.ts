import { isDeepStrictEqual } from 'node:util';
import { at, type JsonObject, type KubeObject } from '../objects.ts';
import { controllerReference, isOwnedBy, isReady, randomSuffix, readySince } from './owned.ts';
import { replicasOf } from './rollout.ts';
import type { Writer } from './writer.ts';

/** The ReplicaSet controller: makes and ends pods until there are as many as wanted, and counts them. */
export class ReplicaSets {
  readonly #writer: Writer;
  readonly #random: () => number;

  constructor(writer: Writer, random: () => number) {
    this.#writer = writer;
    this.#random = random;
  }

  /** Syncs all ReplicaSets. Hands back when a pod becomes available by `minReadySeconds`, in milliseconds since the epoch. */
  sync(now: number): number | undefined {
    const waits: number[] = [];
    for (const set of this.#writer.list('apps/v1', 'ReplicaSet')) {
      const pods = this.#writer.list('v1', 'Pod', set.metadata.namespace).filter(pod => isOwnedBy(pod, set));
      if (set.metadata.deletionTimestamp === undefined) this.#scale(set, pods.filter(isActive));
      const status = statusOf(set, pods, now, waits);
      if (!isDeepStrictEqual(status, set.status)) this.#writer.setStatus(set, status);
    }
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }

  #scale(set: KubeObject, pods: readonly KubeObject[]): void {
    const missing = replicasOf(set) - pods.length;
    for (let i = 0; i < missing; i++) this.#createPod(set);
    const leastUseful = [...pods].sort((a, b) => usefulness(a) - usefulness(b));
    for (const pod of leastUseful.slice(0, Math.max(0, -missing))) {
      this.#writer.delete(pod);
      const message = `Deleted pod: ${pod.metadata.name}`;
      this.#writer.record(set, 'Normal', 'SuccessfulDelete', message, 'replicaset-controller');
    }
  }

  #createPod(set: KubeObject): void {
    const { name, namespace = '' } = set.metadata;
    const template = structuredClone(at(set, 'spec', 'template')) as {
      metadata: JsonObject;
      spec: JsonObject;
    };
    const pod = this.#writer.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...template.metadata,
        name: `${name}-${randomSuffix(this.#random)}`,
        generateName: `${name}-`,
        namespace,
        ownerReferences: [controllerReference(set)],
      },
      spec: template.spec,
    });
    const message = `Created pod: ${pod.metadata.name}`;
    this.#writer.record(set, 'Normal', 'SuccessfulCreate', message, 'replicaset-controller');
  }
}

function isActive(pod: KubeObject): boolean {
  const phase = at(pod, 'status', 'phase');
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined;
}

/** Pods that are not ready go first, then the youngest. */
function usefulness(pod: KubeObject): number {
  const age = -Date.parse(pod.metadata.creationTimestamp ?? '');
  return isReady(pod) ? 1e15 + age : age;
}

function statusOf(set: KubeObject, pods: readonly KubeObject[], now: number, waits: number[]): JsonObject {
  const active = pods.filter(isActive);
  const ready = active.filter(isReady);
  const wait = Number(at(set, 'spec', 'minReadySeconds') ?? 0) * 1000;
  const available = ready.filter(pod => {
    const from = readySince(pod) + wait;
    if (wait > 0 && from > now) waits.push(from);
    return wait === 0 || from <= now;
  });
  const terminating = pods.filter(pod => pod.metadata.deletionTimestamp !== undefined).length;
  return {
    replicas: active.length,
    ...(active.length > 0 && { fullyLabeledReplicas: active.length }),
    ...(ready.length > 0 && { readyReplicas: ready.length }),
    ...(available.length > 0 && { availableReplicas: available.length }),
    terminatingReplicas: terminating,
    observedGeneration: set.metadata.generation,
  };
}
