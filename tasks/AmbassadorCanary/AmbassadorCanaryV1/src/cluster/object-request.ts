import { CanaryError } from '../release/errors.ts';
import { nameOf, type ObjectRef } from '../release/kube-object.ts';
import { type ApiRequest, methodOf, type Verb } from './api-request.ts';
import type { Collection } from './collection.ts';
import { type Resource, resourceName, rootOf } from './resource-table.ts';

/** What the caller says of a request besides what it is about. */
export type Extras = Pick<ApiRequest, 'query' | 'body' | 'contentType' | 'once' | 'urgent' | 'signal'>;

/** A verb on an object, or on a collection, as a request. Throws `INTERNAL` where the namespace of an object is missing. */
export function objectRequest(
  verb: Verb,
  target: ObjectRef | Collection,
  resource: Resource,
  extras: Extras,
): ApiRequest {
  const { apiVersion, kind, namespace } = target;
  const selectors = 'name' in target ? {} : selectorsOf(target);
  return {
    verb,
    what: 'name' in target ? nameOf(target) : `${resource.plural} ${placeOf(resource, namespace)}`,
    path: pathOf(resource, target),
    resource: resourceName(apiVersion, resource),
    ...(resource.namespaced && namespace !== undefined && { namespace }),
    ...(kind === 'Secret' && { confidential: true }),
    ...extras,
    query: { ...selectors, ...extras.query },
  };
}

/** Whether it changes anything that a fence is there to protect: what is urgent takes traffic off a canary, and is never wrong. */
export function isChange({ verb, query, urgent }: ApiRequest): boolean {
  return methodOf[verb] !== 'GET' && query?.dryRun === undefined && urgent !== true;
}

function pathOf(resource: Resource, target: ObjectRef | Collection): string {
  const name = 'name' in target ? target.name : undefined;
  if (name !== undefined && resource.namespaced && target.namespace === undefined) {
    throw new CanaryError('INTERNAL', `No namespace was given for ${target.kind} ${name}`);
  }
  const parts = [rootOf(target.apiVersion)];
  if (resource.namespaced && target.namespace !== undefined) {
    parts.push('namespaces', encodeURIComponent(target.namespace));
  }
  parts.push(resource.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  return parts.join('/');
}

function placeOf(resource: Resource, namespace: string | undefined): string {
  if (!resource.namespaced) return 'of the cluster';
  return namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
}

function selectorsOf({ labelSelector, fieldSelector }: Collection): Record<string, string> {
  return { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) };
}
