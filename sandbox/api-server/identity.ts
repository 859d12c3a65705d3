import { at, type KubeObject } from '../objects.ts';
import type { ObjectKey } from './registry.ts';
import { groupVersion, type Resource } from './resources.ts';
import { badRequest, invalid, invalidValue, otherUid } from './status.ts';

// Whether what is written is the object that the request is about.

/** The object where the request says that it is. */
export function placed(resource: Resource, namespace: string | undefined, object: KubeObject): KubeObject {
  const own = object.metadata?.namespace;
  if (own && own !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const metadata = { ...object.metadata, ...(resource.namespaced && namespace && { namespace }) };
  return { ...object, apiVersion: groupVersion(resource), kind: resource.kind, metadata };
}

export function refuseOtherName(key: ObjectKey, object: KubeObject): void {
  const { name } = object.metadata;
  if (name === key.name) return;
  throw badRequest(`the name of the object (${name}) does not match the name on the URL (${key.name})`);
}

/** Whoever puts an object with a uid means that one, and no later one of its name. `stored` is absent where there is none. */
export function refuseOtherUid(key: ObjectKey, object: KubeObject, stored: KubeObject | undefined): void {
  const { uid } = object.metadata;
  if (uid === undefined || uid === stored?.metadata.uid) return;
  const { resource, namespace, name } = key;
  const place = [...(resource.custom ? [resource.group] : []), resource.plural, namespace, name];
  const path = place.filter(part => part !== undefined).join('/');
  throw otherUid(resource, path, name, uid, stored?.metadata.uid ?? '');
}

/** Putting an object of this kind where there is none makes it. */
export function createsOnUpdate(resource: Resource): boolean {
  return resource.kind === 'Lease';
}

/** A kind that has to be replaced under its version: the API server takes no unconditional update of it. */
export function refuseUnversioned(resource: Resource, object: KubeObject): void {
  const isStrict = resource.custom || resource.kind === 'Lease' || resource.kind === 'PodDisruptionBudget';
  if (!isStrict || at(object, 'metadata', 'resourceVersion')) return;
  const cause = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update');
  // The API server names the resource here where it else names the kind.
  throw invalid(resource.group, resource.plural, object.metadata.name, [cause]);
}
