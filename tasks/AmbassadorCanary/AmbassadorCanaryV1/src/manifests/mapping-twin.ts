import { asRecord, type KubeObject } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import { qualifiedService, withoutScheme } from './mapping-service.ts';
import { canaryMappingName, canaryName } from './names.ts';

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
 * `service`, `weight` (0) and `stats_name` (facts/emissary.md 1). Made from the live Mapping, in its apiVersion.
 */
export function mappingTwin(stable: KubeObject, release: string): KubeObject {
  const spec = asRecord(stable.spec) ?? {};
  const { namespace, labels, name } = stable.metadata;
  return {
    apiVersion: stable.apiVersion,
    kind: stable.kind,
    metadata: {
      name: canaryMappingName(name),
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

/** The same `service` with another host: scheme, namespace, domain and port stay as they are. */
function canaryServiceText(service: string): string {
  return service.replace(
    /^((?:[a-z][a-z0-9+.-]*:)?\/\/)?([^.:/?#]+)/i,
    (_, scheme: string | undefined, host: string) => `${scheme ?? ''}${canaryName(host.toLowerCase())}`,
  );
}
