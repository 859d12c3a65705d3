import type { KubeObject } from '../release/kube-object.ts';
import { specAsV3alpha1 } from './mapping-group.ts';
import { asMapping, mappingName, placeOf, type Routing } from './routing.ts';

/** Worth knowing before the start, and no reason against it. */
export function routeWarnings(stable: KubeObject, routing: Routing): readonly string[] {
  const spec = specAsV3alpha1(asMapping(stable));
  const name = mappingName(stable);
  const warnings: string[] = [];
  if (placeOf(stable) !== undefined && stable.apiVersion.endsWith('/v1')) {
    warnings.push(`${name} is of v1: Emissary 2 and later crash over v1 in an annotation, write v2`);
  }
  if (spec.error_response_overrides !== undefined) {
    warnings.push(`${name} has error_response_overrides: Emissary 4 drops such a Mapping as a whole`);
  }
  const hasHost = ['hostname', 'host'].some(field => typeof spec[field] === 'string' && spec[field] !== '');
  const selectors = routing.hostSelectors;
  const labels = stable.metadata.labels ?? {};
  const isSelected = selectors?.some(selector =>
    Object.entries(selector).every(([key, value]) => labels[key] === value),
  );
  if (!hasHost && isSelected === false) {
    warnings.push(`${name} has no hostname and no Host selects its labels: Emissary gives it no requests`);
  }
  return warnings;
}
