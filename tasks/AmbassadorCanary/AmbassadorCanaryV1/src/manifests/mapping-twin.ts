import { CanaryError } from '../release/errors.ts';
import { asRecord, type KubeObject } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import { qualifiedService, withoutScheme } from './mapping-service.ts';
import { isLegacy, specAsV3alpha1 } from './mapping-versions.ts';
import { annotatedTwinName, canaryMappingName, canaryName } from './names.ts';
import { asMapping, mappingName, placeOf } from './routing.ts';

/** A Service that a Mapping sends its requests to. */
export interface ServiceTarget {
  readonly name: string;
  readonly namespace: string;
}

/**
 * The Kubernetes Service behind a Mapping's `service`, or `undefined` where it names something else (an address outside of
 * the cluster, an IP). A bare host is a Service of the Mapping's own namespace (facts/emissary.md 10).
 */
export function serviceOf(mapping: KubeObject): ServiceTarget | undefined {
  const service = asRecord(mapping.spec)?.service;
  if (typeof service !== 'string') return undefined;
  const scope = { namespace: mapping.metadata.namespace ?? 'default', emissaryNamespace: '' };
  const host = withoutScheme(qualifiedService(service, scope)).replace(/:\d+$/, '');
  const [name, namespace, ...rest] = host.split('.');
  if (name === undefined || namespace === undefined) return undefined;
  return rest.length === 0 || rest[0] === 'svc' ? { name, namespace } : undefined;
}

/**
 * The twin that takes the canary's share of a Mapping's group: everything as in the stable one but its name, the host in
 * `service`, `weight` (0) and `stats_name` (facts/emissary.md 1). Made from the live Mapping, in its apiVersion; that of a
 * Mapping in an annotation is an object of `mappingVersion` all the same, converted if need be (facts/emissary.md 6).
 */
export function mappingTwin(stable: KubeObject, release: string, mappingVersion?: string): KubeObject {
  const { apiVersion, spec } = asObject(stable, mappingVersion);
  const { namespace, labels } = stable.metadata;
  return {
    apiVersion,
    kind: stable.kind,
    metadata: {
      name: twinName(stable),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, [releaseLabel]: release },
    },
    spec: {
      ...spec,
      service: canaryServiceText(String(spec.service)),
      weight: 0,
      // One name for both would sum stable and canary into one series (facts/emissary.md 10).
      ...Object.fromEntries(
        ['stats_name', 'v3StatsName']
          .filter(field => typeof spec[field] === 'string' && spec[field] !== '')
          .map(field => [field, `${spec[field]}_canary`]),
      ),
    },
  };
}

/** The name of the twin of a Mapping, wherever that stands. */
export function twinName(stable: KubeObject): string {
  const { name } = stable.metadata;
  const place = placeOf(stable);
  return place === undefined ? canaryMappingName(name) : annotatedTwinName(place.name, name);
}

/** What a twin has as `service` while it still points at stable: what stable says, in the twin's version. */
export function stableServiceText(stable: KubeObject, mappingVersion?: string): string {
  return String(asObject(stable, mappingVersion).spec.service);
}

/** Version and spec of a Mapping if it is, or were, an object. */
function asObject(
  stable: KubeObject,
  mappingVersion = 'getambassador.io/v3alpha1',
): { readonly apiVersion: string; readonly spec: Readonly<Record<string, unknown>> } {
  const spec = asRecord(stable.spec) ?? {};
  if (placeOf(stable) === undefined) return { apiVersion: stable.apiVersion, spec };
  const mapping = asMapping(stable);
  if (mappingVersion.endsWith('/v3alpha1')) {
    return { apiVersion: mappingVersion, spec: specAsV3alpha1(mapping) };
  }
  if (isLegacy(mapping)) return { apiVersion: mappingVersion, spec };
  throw new CanaryError('ROUTE_NOT_SPLITTABLE', `${mappingName(stable)} can't get a twin`, {
    expected: `a Mapping of ${mappingVersion}, the only version that the cluster serves`,
    found: stable.apiVersion,
    hint: "Install Emissary's present CRDs (emissary-crds), which serve v3alpha1",
  });
}

/** The same `service` with another host: scheme, namespace, domain and port stay as they are. */
function canaryServiceText(service: string): string {
  return service.replace(
    /^((?:[a-z][a-z0-9+.-]*:)?\/\/)?([^.:/?#]+)/i,
    (_, scheme: string | undefined, host: string) => `${scheme ?? ''}${canaryName(host.toLowerCase())}`,
  );
}
