import { dependsOnVersion, versionOfImage } from '../manifests/emissary-version.ts';
import { readAnnotation } from '../manifests/mapping-annotation.ts';
import { ambassadorIds, type HostSelectors, specAsV3alpha1 } from '../manifests/mapping-group.ts';
import { requestMatchOf } from '../manifests/mapping-matches.ts';
import { serviceOf } from '../manifests/mapping-twin.ts';
import {
  annotated,
  asMapping,
  type EmissaryVersion,
  type Routing,
  unknownRouting,
} from '../manifests/routing.ts';
import { CanaryError, hasCode } from '../release/errors.ts';
import { asRecord, asStringMap, type KubeObject, valueAt } from '../release/kube-object.ts';
import { configAnnotation } from '../release/route-text.ts';
import { type ListingCluster, Reach } from './reach.ts';

/** What of the cluster decides where requests go. */
export interface RoutingSurvey {
  readonly mappings: readonly KubeObject[];
  /** Those of the namespaces that were asked for. */
  readonly services: readonly KubeObject[];
  readonly routing: Routing;
}

/**
 * Looks for everything that leads requests to Services of these namespaces, in every namespace that may be read: one list a
 * kind. What is rarely needed (Hosts, resolvers, Emissary's version) is asked for only if a Mapping depends on it.
 */
export async function surveyRouting(
  cluster: ListingCluster,
  namespaces: readonly string[],
): Promise<RoutingSurvey> {
  const reach = new Reach(cluster, namespaces);
  const [version, early] = await Promise.all([
    servedVersion(cluster, 'getambassador.io'),
    servedVersion(cluster, 'x.getambassador.io'),
  ]);
  if (version === undefined && early === undefined) throw await noMappings(cluster);
  // The CRDs of Emissary 2.0 often outlive it: where there are newer ones, nobody need be allowed to see the old kinds.
  const ofEarly = async (kind: string) => {
    if (early === undefined) return [];
    const listed = reach.all(early, kind);
    return (await (version === undefined ? listed : listed.catch(reach.orNothing(`${kind}s`)))) ?? [];
  };
  const of = async (kind: string) =>
    (
      await Promise.all([version === undefined ? [] : reach.all(version, kind), ofEarly(`Ambassador${kind}`)])
    ).flat();
  const [mappings, tcpMappings, services, ingresses, modules] = await Promise.all([
    of('Mapping'),
    of('TCPMapping').catch(reach.orNothing('TCPMappings')),
    reach.all('v1', 'Service'),
    reach.all('networking.k8s.io/v1', 'Ingress').catch(reach.orNothing('Ingresses')),
    version && reach.all(version, 'Module').catch(reach.orNothing('Modules')),
  ]);
  const annotations = [...services, ...(ingresses ?? [])]
    .filter(({ metadata }) => metadata.annotations?.[configAnnotation] !== undefined)
    .map(parent => ({ parent, reading: readAnnotation(parent) }));
  const known: Routing = {
    mappingVersion: version ?? 'getambassador.io/v3alpha1',
    annotations,
    tcpMappings: tcpMappings ?? [],
    emissaries: [],
    notes: [],
    ...(modules && { modules }),
  };
  const concerned = [...mappings, ...annotated(known, 'Mapping')].filter(mapping =>
    namespaces.includes(serviceOf(mapping)?.namespace ?? ''),
  );
  const [hostSelectors, resolvers, emissaries] = await Promise.all([
    hostSelectorsFor(concerned, version, reach),
    resolversFor(concerned, known, version, reach),
    concerned.some(mapping => isEarly(mapping) || dependsOnVersion(mapping)) ? emissariesOf(reach) : [],
  ]);
  return {
    mappings,
    services: services.filter(({ metadata }) => namespaces.includes(metadata.namespace ?? '')),
    routing: {
      ...known,
      emissaries,
      ...(hostSelectors && { hostSelectors }),
      ...(resolvers && { resolvers }),
      notes: reach.notes(),
    },
  };
}

/**
 * As `surveyRouting`, for a release that has nothing to do with Mappings: they are looked at where they can be, because an
 * earlier release may have left a twin, and a cluster that has none, or hides them, is as good.
 */
export async function surveyServices(
  cluster: ListingCluster,
  namespaces: readonly string[],
): Promise<RoutingSurvey> {
  try {
    const found = await surveyRouting(cluster, namespaces);
    return { ...found, routing: { ...found.routing, notes: [] } };
  } catch (thrown) {
    if (!hasCode(thrown, 'KIND_UNKNOWN', 'CLUSTER_FORBIDDEN')) throw thrown;
    const lists = namespaces.map(namespace => cluster.list('v1', 'Service', namespace));
    return { mappings: [], services: (await Promise.all(lists)).flat(), routing: unknownRouting };
  }
}

/** v3alpha1 is what Emissary itself reads; in v2 its objects come out mangled (facts/emissary.md 6). */
async function servedVersion(cluster: ListingCluster, group: string): Promise<string | undefined> {
  const served = await cluster.servedVersions(group);
  const version = ['v3alpha1', 'v2', 'v1'].find(candidate => served.includes(candidate));
  return version && `${group}/${version}`;
}

async function noMappings(cluster: ListingCluster): Promise<CanaryError> {
  const group = 'getambassador.io';
  const served = await cluster.servedVersions(group);
  return new CanaryError('KIND_UNKNOWN', 'The cluster does not know Mappings', {
    expected: `the API group ${group}`,
    found: served.length === 0 ? 'no such group' : `only ${served.join(', ')}`,
    hint: "Install Emissary's CRDs (chart emissary-crds), check that the service connection leads to the right cluster, or write `trafficSplitMethod: pod`",
  });
}

function isEarly({ apiVersion }: KubeObject): boolean {
  return apiVersion.startsWith('x.getambassador.io/');
}

/** Hosts count in the group of a Mapping without a host of its own (facts/emissary.md 2). */
async function hostSelectorsFor(
  mappings: readonly KubeObject[],
  version: string | undefined,
  reach: Reach,
): Promise<HostSelectors | undefined> {
  const hostless = mappings.filter(mapping => requestMatchOf(asMapping(mapping)).host === undefined);
  if (hostless.length === 0 || version === undefined) return undefined;
  const ids = hostless.flatMap(mapping => ambassadorIds(specAsV3alpha1(asMapping(mapping))));
  const hosts = await reach.all(version, 'Host').catch(reach.orNothing('Hosts'));
  return hosts
    ?.filter(host => ambassadorIds(asRecord(host.spec) ?? {}).some(id => ids.includes(id)))
    .map(host => asRecord(valueAt(host, 'spec', 'mappingSelector') ?? valueAt(host, 'spec', 'selector')))
    .filter(selector => selector !== undefined)
    .map(selector => asStringMap(selector.matchLabels));
}

const resolverKinds = ['KubernetesServiceResolver', 'KubernetesEndpointResolver', 'ConsulResolver'];

async function resolversFor(
  mappings: readonly KubeObject[],
  { modules = [] }: Routing,
  version: string | undefined,
  reach: Reach,
): Promise<ReadonlyMap<string, string> | undefined> {
  const isNamed =
    mappings.some(mapping => valueAt(mapping, 'spec', 'resolver') !== undefined) ||
    modules.some(module => valueAt(module, 'spec', 'config', 'resolver') !== undefined);
  if (!isNamed || version === undefined) return undefined;
  const found = await Promise.all(
    resolverKinds.map(kind => reach.all(version, kind).catch(reach.orNothing(`${kind}s`))),
  );
  return new Map(found.flatMap(list => (list ?? []).map(({ metadata, kind }) => [metadata.name, kind])));
}

/** What the charts and manifests of Emissary and Edge Stack label everything with. */
const emissaryLabel = 'product=aes';

/** The versions of the Emissaries that run; `undefined` for each that does not tell, and where nobody could look. */
async function emissariesOf(reach: Reach): Promise<readonly (EmissaryVersion | undefined)[]> {
  const options = { labelSelector: emissaryLabel };
  const lists = await Promise.all(
    ['Deployment', 'DaemonSet'].map(kind => reach.everywhere('apps/v1', kind, options)),
  );
  const images = lists
    .flatMap(list => list ?? [])
    .filter(workload => valueAt(workload, 'spec', 'replicas') !== 0)
    .flatMap(workload => {
      const containers = valueAt(workload, 'spec', 'template', 'spec', 'containers');
      return Array.isArray(containers) ? containers : [];
    })
    .map(container => String(asRecord(container)?.image))
    .filter(image => /(^|\/)(emissary|emissary-ingress|ambassador|aes)([:@]|$)/.test(image));
  return images.length === 0 ? [undefined] : images.map(versionOfImage);
}
