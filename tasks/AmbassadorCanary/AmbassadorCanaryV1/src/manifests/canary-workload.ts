import { asRecord, type KubeObject, valueAt } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import { canaryLabels, canaryPlacement, canarySelector, podLabels } from './canary-labels.ts';
import { canaryName } from './names.ts';

/**
 * The canary of a Deployment: the manifest under another name, with pods that no selector of stable picks. Expects
 * `metadata.namespace` to be filled in. The replicas are for whoever applies it to set.
 */
export function canaryWorkload(manifest: KubeObject, keys: ReadonlySet<string>, release: string): KubeObject {
  const own = podLabels(manifest);
  const podSpec = asRecord(valueAt(manifest, 'spec', 'template', 'spec')) ?? {};
  return renamed(manifest, release, {
    selector: canarySelector(valueAt(manifest, 'spec', 'selector'), keys),
    labels: canaryLabels(own, keys),
    podSpec: canaryPlacement(podSpec, own, keys),
  });
}

/**
 * The canary of a Deployment whose pods are to answer stable's own Services: the manifest under another name, its pods with our
 * label besides all of theirs, and with a selector that only they meet. Where they are placed is as the manifest says: they count
 * as pods of the app, as those of a rolling update do. The replicas are for whoever applies it to set.
 */
export function joiningWorkload(manifest: KubeObject, release: string): KubeObject {
  const selector = asRecord(valueAt(manifest, 'spec', 'selector')) ?? {};
  const ours = { [releaseLabel]: release };
  return renamed(manifest, release, {
    selector: { ...selector, matchLabels: { ...asRecord(selector.matchLabels), ...ours } },
    labels: { ...podLabels(manifest), ...ours },
    podSpec: valueAt(manifest, 'spec', 'template', 'spec'),
  });
}

function renamed(
  manifest: KubeObject,
  release: string,
  { selector, labels, podSpec }: Readonly<Record<'selector' | 'labels' | 'podSpec', unknown>>,
): KubeObject {
  const { replicas: _, paused: __, ...spec } = asRecord(manifest.spec) ?? {};
  const template = asRecord(spec.template) ?? {};
  return {
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    metadata: {
      name: canaryName(manifest.metadata.name),
      ...namespaceOf(manifest),
      labels: { ...manifest.metadata.labels, [releaseLabel]: release },
    },
    spec: {
      ...spec,
      selector,
      template: { ...template, metadata: { ...asRecord(template.metadata), labels }, spec: podSpec },
    },
  };
}

/** What of a Service's spec the canary's keeps; addresses, node ports and load balancers belong to the stable one. */
const keptServiceFields = [
  'sessionAffinity',
  'sessionAffinityConfig',
  'publishNotReadyAddresses',
  'internalTrafficPolicy',
  'trafficDistribution',
  'ipFamilyPolicy',
  'ipFamilies',
] as const;
const keptPortFields = ['name', 'port', 'protocol', 'targetPort', 'appProtocol'] as const;

/**
 * The Service that only the canary's pods answer. Keeps `metadata.labels`, so that a ServiceMonitor finds it too, and no
 * annotation: Emissary would read a copied one as the same Mapping twice (facts/emissary.md 9). Its type is ClusterIP.
 * Of `live` it gets the ports that the manifest drops: twins are of live Mappings, which may still send there.
 */
export function canaryService(
  service: KubeObject,
  keys: ReadonlySet<string>,
  release: string,
  live: KubeObject = service,
): KubeObject {
  const spec = asRecord(service.spec) ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: canaryName(service.metadata.name),
      ...namespaceOf(service),
      labels: { ...service.metadata.labels, [releaseLabel]: release },
    },
    spec: {
      ...pick(spec, keptServiceFields),
      ...(spec.clusterIP === 'None' ? { clusterIP: 'None' } : {}),
      selector: canaryLabels((valueAt(service, 'spec', 'selector') ?? {}) as Record<string, string>, keys),
      ports: allPorts(service, live).map(port => pick(port, keptPortFields)),
    },
  };
}

function allPorts(service: KubeObject, live: KubeObject): readonly Readonly<Record<string, unknown>>[] {
  const wanted = portsOf(service);
  const is = (port: Readonly<Record<string, unknown>>) => `${port.port}/${port.protocol ?? 'TCP'}`;
  const dropped = portsOf(live).filter(port => !wanted.some(other => is(other) === is(port)));
  if (dropped.length === 0) return wanted;
  // Of several ports each needs a name, and no two the same. Requests come by number.
  const names = new Set(wanted.map(port => port.name));
  const named = (port: Readonly<Record<string, unknown>>, isFree: boolean) =>
    port.name !== undefined && isFree ? port : { ...port, name: `port-${port.port}` };
  return [
    ...wanted.map(port => named(port, true)),
    ...dropped.map(port => named(port, !names.has(port.name))),
  ];
}

function portsOf(service: KubeObject): readonly Readonly<Record<string, unknown>>[] {
  const ports = valueAt(service, 'spec', 'ports');
  return (Array.isArray(ports) ? ports : []).map(port => asRecord(port) ?? {});
}

function namespaceOf(object: KubeObject): { namespace?: string } {
  const { namespace } = object.metadata;
  return namespace === undefined ? {} : { namespace };
}

function pick(
  record: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    fields.filter(field => record[field] !== undefined).map(field => [field, record[field]]),
  );
}
