import { isDeepStrictEqual } from 'node:util';
import { at, isObject, type JsonObject, type KubeObject } from '../objects.ts';
import { deadlineOf, deploymentStatus } from './deployment-status.ts';
import { controllerReference, hashLabel, isOwnedBy, sameTemplate, templateHash } from './owned.ts';
import { boundsOf, newSize, nextStep, type ReplicaCount, replicasOf } from './rollout.ts';
import type { Writer } from './writer.ts';

const revision = 'deployment.kubernetes.io/revision';
const notCopied = new Set([revision, 'kubectl.kubernetes.io/last-applied-configuration']);

/**
 * The Deployment controller: one ReplicaSet for each pod template, sized so that the rollout stays within its bounds. A change of
 * `replicas` in the middle of a rollout is not spread over the ReplicaSets in proportion, as the real controller does.
 */
export class Deployments {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** Takes every Deployment one step on. Hands back when to look again even if nothing happens, in milliseconds since the epoch. */
  sync(now: number): number | undefined {
    let next: number | undefined;
    for (const deployment of this.#writer.list('apps/v1', 'Deployment')) {
      this.#syncOne(deployment, now);
      const deadline = deadlineOf(deployment);
      if (deadline !== undefined) next = Math.min(next ?? deadline, deadline);
    }
    return next;
  }

  #syncOne(deployment: KubeObject, now: number): void {
    if (deployment.metadata.deletionTimestamp !== undefined) return;
    const sets = this.#writer
      .list('apps/v1', 'ReplicaSet', deployment.metadata.namespace)
      .filter(set => isOwnedBy(set, deployment))
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .sort((a, b) => revisionOf(a) - revisionOf(b));
    const found = sets.find(set => sameTemplate(deployment, set));
    const old = sets.filter(set => set !== found);
    const isPaused = at(deployment, 'spec', 'paused') === true;
    if (isPaused || (isRecreate(deployment) && this.#endOld(deployment, old))) {
      this.#writeStatus(
        deployment,
        deploymentStatus({ deployment, current: found, old, isNew: false, now }),
        found,
      );
      return;
    }
    const current = found ? this.#revised(deployment, found, old) : this.#createSet(deployment, old);
    if (found) this.#scale(deployment, current, old);
    const status = deploymentStatus({ deployment, current, old, isNew: !found, now });
    this.#writeStatus(deployment, status, current);
    this.#forgetOld(deployment, status, old);
  }

  /** For `Recreate`: ends all old pods first. Whether there still are any. */
  #endOld(deployment: KubeObject, old: readonly KubeObject[]): boolean {
    for (const set of old.filter(candidate => replicasOf(candidate) > 0)) this.#resize(deployment, set, 0);
    return this.#writer
      .list('v1', 'Pod', deployment.metadata.namespace)
      .some(pod => old.some(set => isOwnedBy(pod, set)));
  }

  #createSet(deployment: KubeObject, old: readonly KubeObject[]): KubeObject {
    const { name, namespace = '' } = deployment.metadata;
    const template = structuredClone(at(deployment, 'spec', 'template')) as JsonObject;
    const hash = templateHash(template);
    const labels = { ...(at(template, 'metadata', 'labels') as Record<string, string>), [hashLabel]: hash };
    const selector = at(deployment, 'spec', 'selector');
    const minReadySeconds = at(deployment, 'spec', 'minReadySeconds');
    const none = { name: '', replicas: 0, available: 0 };
    const replicas = newSize(replicasOf(deployment), boundsOf(deployment), none, old.map(countOf));
    const created = this.#writer.create({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: annotationsFor(deployment, String(latestRevision(old) + 1)),
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas,
        ...(minReadySeconds !== undefined && { minReadySeconds }),
        selector: {
          ...(isObject(selector) ? selector : {}),
          matchLabels: { ...(at(selector, 'matchLabels') as object), [hashLabel]: hash },
        },
        template: { ...template, metadata: { ...(at(template, 'metadata') as object), labels } },
      },
    });
    if (replicas > 0) {
      const message = `Scaled up replica set ${created.metadata.name} from 0 to ${replicas}`;
      this.#writer.record(deployment, 'Normal', 'ScalingReplicaSet', message, 'deployment-controller');
    }
    return created;
  }

  /** An older ReplicaSet that is wanted again becomes the latest revision. */
  #revised(deployment: KubeObject, set: KubeObject, old: readonly KubeObject[]): KubeObject {
    const number = Math.max(revisionOf(set), latestRevision(old) + 1);
    const annotations = { ...set.metadata.annotations, ...annotationsFor(deployment, String(number)) };
    if (!isDeepStrictEqual(annotations, set.metadata.annotations)) {
      this.#writer.change(set, copy => {
        copy.metadata.annotations = annotations;
      });
    }
    return { ...set, metadata: { ...set.metadata, annotations } };
  }

  #scale(deployment: KubeObject, current: KubeObject, old: readonly KubeObject[]): void {
    const replicas = replicasOf(deployment);
    const steps = isRecreate(deployment)
      ? new Map([[current.metadata.name, replicas]])
      : nextStep(replicas, boundsOf(deployment), countOf(current), old.map(countOf));
    for (const set of [current, ...old]) {
      const size = steps.get(set.metadata.name);
      if (size !== undefined && size !== replicasOf(set)) this.#resize(deployment, set, size);
    }
  }

  #resize(deployment: KubeObject, set: KubeObject, size: number): void {
    const before = replicasOf(set);
    this.#writer.change(set, copy => {
      copy.spec = { ...(copy.spec as object), replicas: size };
    });
    const message = `Scaled ${size > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${size}`;
    this.#writer.record(deployment, 'Normal', 'ScalingReplicaSet', message, 'deployment-controller');
  }

  #writeStatus(deployment: KubeObject, status: JsonObject, current: KubeObject | undefined): void {
    const number = current && revisionOf(current) > 0 ? String(revisionOf(current)) : undefined;
    const sameRevision = number === undefined || deployment.metadata.annotations?.[revision] === number;
    if (sameRevision && isDeepStrictEqual(status, deployment.status)) return;
    this.#writer.change(
      deployment,
      copy => {
        copy.status = status;
        if (number !== undefined)
          copy.metadata.annotations = { ...copy.metadata.annotations, [revision]: number };
      },
      'status',
    );
  }

  /** Removes the oldest empty ReplicaSets beyond `revisionHistoryLimit`, once the rollout is over. */
  #forgetOld(deployment: KubeObject, status: JsonObject, old: readonly KubeObject[]): void {
    if (Number(status.availableReplicas ?? 0) !== replicasOf(deployment)) return;
    const limit = Number(at(deployment, 'spec', 'revisionHistoryLimit') ?? 10);
    const empty = old.filter(
      set => replicasOf(set) === 0 && Number(at(set, 'status', 'replicas') ?? 0) === 0,
    );
    for (const set of empty.slice(0, Math.max(0, empty.length - limit))) this.#writer.delete(set);
  }
}

function isRecreate(deployment: KubeObject): boolean {
  return at(deployment, 'spec', 'strategy', 'type') === 'Recreate';
}

function countOf(set: KubeObject): ReplicaCount {
  const available = Number(at(set, 'status', 'availableReplicas') ?? 0);
  return { name: set.metadata.name, replicas: replicasOf(set), available };
}

function revisionOf(object: KubeObject): number {
  return Number(object.metadata.annotations?.[revision] ?? 0);
}

function latestRevision(sets: readonly KubeObject[]): number {
  return Math.max(0, ...sets.map(revisionOf));
}

function annotationsFor(deployment: KubeObject, number: string): Record<string, string> {
  const own = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key));
  const replicas = replicasOf(deployment);
  return {
    ...Object.fromEntries(own),
    [revision]: number,
    'deployment.kubernetes.io/desired-replicas': String(replicas),
    'deployment.kubernetes.io/max-replicas': String(replicas + boundsOf(deployment).maxSurge),
  };
}
