import { identityOf, type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import { serviceOf } from './mapping-twin.ts';
import { annotated, mappingName, unknownRouting } from './routing.ts';
import type { Surveyed } from './surveyed.ts';

/** What leads to these Services and gets no canary, so that nobody counts on it. */
export function routeNotes(
  objects: readonly KubeObject[],
  services: readonly KubeObject[],
  surveyed: Surveyed,
): readonly string[] {
  return [...newMappings(objects, services, surveyed), ...roundabout(services, surveyed)];
}

/** A Mapping that is new has no stable part whose requests it could share (DESIGN, "What a release does" 5). */
function newMappings(
  objects: readonly KubeObject[],
  services: readonly KubeObject[],
  surveyed: Surveyed,
): readonly string[] {
  return objects
    .filter(object => ['Mapping', 'AmbassadorMapping'].includes(object.kind))
    .filter(object => !surveyed.live.has(identityOf(refOf(object))) && leadsTo(object, services))
    .map(object => `${nameOf(refOf(object))} is new: it gets no canary and is applied at promotion`);
}

/** An ExternalName is another name of a Service: a twin can't know what stands behind it. */
function roundabout(services: readonly KubeObject[], surveyed: Surveyed): readonly string[] {
  const domains = services.map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc`);
  const aliases = surveyed.services.filter(service => {
    const name = String(valueAt(service, 'spec', 'externalName') ?? '');
    return domains.some(domain => name === domain || name.startsWith(`${domain}.`));
  });
  if (aliases.length === 0) return [];
  const mappings = [...surveyed.mappings, ...annotated(surveyed.routing ?? unknownRouting, 'Mapping')];
  return mappings
    .filter(({ metadata }) => metadata.labels?.[releaseLabel] === undefined)
    .filter(mapping => leadsTo(mapping, aliases))
    .map(mapping => {
      const alias = serviceOf(mapping);
      return `${mappingName(mapping)} gets no canary: it goes by the ExternalName Service ${alias?.namespace}/${alias?.name}`;
    });
}

function leadsTo(mapping: KubeObject, services: readonly KubeObject[]): boolean {
  const target = serviceOf(mapping);
  return services.some(
    ({ metadata }) => metadata.name === target?.name && metadata.namespace === target?.namespace,
  );
}
