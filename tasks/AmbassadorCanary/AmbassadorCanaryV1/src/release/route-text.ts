import { type KubeObject, valueAt } from './kube-object.ts';

/** Where Services and Ingresses hold Emissary's configuration. */
export const configAnnotation = 'getambassador.io/config';

/**
 * Emissary loses the change of an annotation that comes in one batch with that of a Mapping object, until something makes it read all
 * anew (facts/emissary.md 5): the two kinds of change have to be kept apart.
 */
export function holdsRouteText(object: KubeObject): boolean {
  return valueAt(object, 'metadata', 'annotations', configAnnotation) !== undefined;
}

/** Whether the object is a route itself. */
export function isRoute({ kind, apiVersion }: KubeObject): boolean {
  return kind.endsWith('Mapping') && /^(x\.)?getambassador\.io\//.test(apiVersion);
}
