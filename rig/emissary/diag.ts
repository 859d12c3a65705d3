import { compareMappings } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import type { Group, Member, Model } from './model.ts';

/** An entry of `route_info`, in the shape of Emissary's `/ambassador/v0/diag/?json=true` (`diagnostics/diagnostics.py`). */
export type RouteInfo = Readonly<Record<string, unknown>>;

/** The routing table as Emissary's diagnostics show it (`facts/emissary.md 11`), most specific group first. */
export function routeInfo(model: Model, requestHost: string): RouteInfo[] {
  return model.groups.map(group => groupInfo(group, requestHost));
}

function groupInfo(group: Group, requestHost: string): RouteInfo {
  const value = (name: string) => group.headers.find(header => header.name === name)?.value;
  const host = value(':authority');
  const { prefix } = group.core;
  const separator = prefix.startsWith('/') ? '' : '/';
  const first = group.members[0] ?? group.redirect ?? group.shadow;
  return {
    _route: {
      _active: true,
      group_id: group.id,
      kind: 'IRHTTPMappingGroup',
      name: `GROUP: ${first?.mapping.metadata.name}`,
      rkey: group.key,
      location: group.key,
      prefix,
      headers: group.headers,
      ...(group.host === undefined ? {} : { host: group.host }),
      // Emissary lists them backwards: all members weigh the same as routes, and the sorted list is reversed.
      mappings: [...group.members]
        .sort((a, b) => compareMappings(a.mapping, b.mapping))
        .reverse()
        .map(member => memberInfo(member, group)),
      shadows: group.shadow ? [memberInfo(group.shadow, group)] : [],
    },
    _source: group.key,
    _group_id: group.id,
    key: `http://${host ?? requestHost}${separator}${prefix}`,
    prefix,
    rewrite: group.core.rewrite ?? '/',
    method: value(':method') ?? '*',
    headers: group.headers.filter(({ name }) => name !== ':authority' && name !== ':method'),
    clusters: [...group.members, ...(group.shadow ? [group.shadow] : [])].map(clusterInfo),
    host: host ?? '*',
    precedence: group.precedence,
  };
}

function memberInfo({ mapping, spec, key, cluster, sum }: Member, group: Group): RouteInfo {
  return {
    _active: true,
    _weight: sum,
    kind: 'IRHTTPMapping',
    name: mapping.metadata.name,
    namespace: mapping.metadata.namespace ?? 'default',
    rkey: key,
    location: key,
    group_id: group.id,
    prefix: spec.prefix,
    rewrite: spec.rewrite ?? '/',
    service: cluster?.service ?? spec.service,
    resolver: spec.resolver ?? 'kubernetes-service',
    ...(spec.weight === undefined ? {} : { weight: spec.weight }),
    ...(mapping.metadata.labels && { metadata_labels: mapping.metadata.labels }),
    cluster: { name: cluster?.name, envoy_name: cluster?.envoyName, stats_name: cluster?.statName },
  };
}

/** `weight` is what the Mapping declares, and 100 for none or 0: it says nothing on the traffic. */
function clusterInfo({ cluster, spec }: Member): RouteInfo {
  return {
    name: cluster?.name,
    envoy_name: cluster?.envoyName,
    stats_name: cluster?.statName,
    service: cluster?.service ?? 'unknown service!',
    weight: spec.weight || 100,
    _hmetric: 'unknown',
    _hcolor: 'orange',
  };
}
