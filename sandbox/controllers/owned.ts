import { isDeepStrictEqual } from 'node:util';
import { at, isObject, type KubeObject, type OwnerReference } from '../objects.ts';

/** The label that tells apart the pods of a Deployment's ReplicaSets. */
export const hashLabel = 'pod-template-hash';

/** A reference to the controller of an object. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const { name, uid = '' } = owner.metadata;
  const { apiVersion, kind } = owner;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Whether the object is controlled by this owner. */
export function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).some(
    reference => reference.controller === true && reference.uid === owner.metadata.uid,
  );
}

/** Whether a ReplicaSet has the pod template of a Deployment, but for the label that it adds. */
export function sameTemplate(deployment: KubeObject, replicaSet: KubeObject): boolean {
  return isDeepStrictEqual(withoutHash(deployment), withoutHash(replicaSet));
}

function withoutHash(object: KubeObject): unknown {
  const template = at(object, 'spec', 'template');
  const labels = at(template, 'metadata', 'labels');
  const { [hashLabel]: _, ...rest } = isObject(labels) ? labels : {};
  return { ...(template as object), metadata: { ...(at(template, 'metadata') as object), labels: rest } };
}

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** The hash of a pod template (FNV-1a), in the letters that Kubernetes uses: none that could spell a word. */
export function templateHash(template: unknown): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(JSON.stringify(template))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return [...String(hash)].map(digit => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}

/** Five letters for the name of a pod. */
export function randomSuffix(random: () => number): string {
  return Array.from({ length: 5 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}

/** Whether a pod is ready and not about to end: only then do Services send it requests. */
export function isServing(pod: KubeObject): boolean {
  return isReady(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isReady(pod: KubeObject): boolean {
  return readyCondition(pod)?.status === 'True';
}

/** Since when a pod has been ready, or not, in milliseconds since the epoch. */
export function readySince(pod: KubeObject): number {
  return Date.parse(String(readyCondition(pod)?.lastTransitionTime ?? ''));
}

function readyCondition(pod: KubeObject): Record<string, unknown> | undefined {
  const conditions = at(pod, 'status', 'conditions');
  return Array.isArray(conditions)
    ? conditions.find(condition => at(condition, 'type') === 'Ready')
    : undefined;
}
