import { readAnnotation } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-annotation.ts';
import {
  compareMappings,
  type MappingObject,
  mappingKey,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import { asMapping } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/routing.ts';
import type { KubeObject as TaskObject } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Model } from './model.ts';

/**
 * The Mappings in annotations of Services and Ingresses, converted like any others later (`facts/emissary.md 9`). One of v1 throws:
 * there Emissary itself panics and comes up no more (`facts/emissary.md 5`).
 */
export function annotatedMappings(parents: Iterable<object>): MappingObject[] {
  return [...parents].flatMap(parent =>
    readAnnotation(parent as TaskObject)
      .objects.filter(({ kind }) => kind === 'Mapping')
      .map(object => {
        if (!object.apiVersion.endsWith('/v1')) return asMapping(object);
        throw new Error(`panic: Mapping ${object.metadata.name} of v1 in an annotation`);
      }),
  );
}

/**
 * The Mappings in Emissary's order, one for each name in a namespace: of several the last stays, in the place of the first, and
 * an error tells (`safe_store` of `config/config.py`; `facts/emissary.md 9`).
 */
export function inOrder(model: Model, mappings: readonly MappingObject[]): MappingObject[] {
  const byName = new Map<string, MappingObject>();
  for (const mapping of [...mappings].sort(compareMappings)) {
    const { name, namespace } = mapping.metadata;
    const known = byName.get(`${namespace}/${name}`);
    if (known !== undefined) {
      const [key, first] = [mappingKey(mapping), mappingKey(known)];
      model.errors.push([key, `${key} defines Mapping ${name}, which is already defined by ${first}`]);
    }
    byName.set(`${namespace}/${name}`, mapping);
  }
  return [...byName.values()];
}
