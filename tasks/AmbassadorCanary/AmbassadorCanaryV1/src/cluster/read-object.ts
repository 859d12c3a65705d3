import { asRecord, type KubeObject, type ObjectRef } from '../release/kube-object.ts';

/** What was asked for: an object by its name, or those of a kind, in a namespace or anywhere. */
export type Asked = Pick<ObjectRef, 'apiVersion' | 'kind'> & Partial<Pick<ObjectRef, 'name' | 'namespace'>>;

/**
 * What an API server said, if it is what was asked for and has the shape that every object has; `undefined` for anything else.
 * Nothing behind this needs to doubt a name, a namespace, labels or annotations again; spec and status stay what they are, text from outside.
 */
export function readObject(value: unknown, asked: Asked): KubeObject | undefined {
  const { apiVersion, kind } = asked;
  const object = asRecord(value);
  const metadata = asRecord(object?.metadata);
  if (object === undefined || metadata === undefined) return undefined;
  // Items of a list come without their kind.
  if ((object.kind ?? kind) !== kind || (object.apiVersion ?? apiVersion) !== apiVersion) return undefined;
  const { name, namespace, uid, resourceVersion, generation, labels, annotations } = metadata;
  const isMeta =
    typeof name === 'string' &&
    name !== '' &&
    (asked.name ?? name) === name &&
    (asked.namespace ?? namespace) === namespace &&
    [namespace, uid, resourceVersion].every(text => text === undefined || typeof text === 'string') &&
    (generation === undefined || typeof generation === 'number') &&
    isStringMap(labels) &&
    isStringMap(annotations);
  return isMeta ? { ...(object as KubeObject), apiVersion, kind } : undefined;
}

/** Kubernetes leaves empty maps out, and some clients write them as null. */
function isStringMap(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  const record = asRecord(value);
  return record !== undefined && Object.values(record).every(item => typeof item === 'string');
}
