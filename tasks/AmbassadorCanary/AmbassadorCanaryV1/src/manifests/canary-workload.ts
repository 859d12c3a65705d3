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
  const { replicas: _, paused: __, ...spec } = asRecord(manifest.spec) ?? {};
  const template = asRecord(spec.template) ?? {};
  const podSpec = asRecord(template.spec) ?? {};
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
      selector: canarySelector(spec.selector, keys),
      template: {
        ...template,
        metadata: { ...asRecord(template.metadata), labels: canaryLabels(own, keys) },
        spec: canaryPlacement(podSpec, own, keys),
      },
    },
  };
}

/** What of a Service's spec the canary's keeps; addresses, node ports and load balancers belong to the stable one. */
const keptServiceFields = [
  'sessionAffinity',
  'sessionAffinityConfig',
  'publishNotReadyAddresses',
  'internalTrafficPolicy',
  'ipFamilyPolicy',
  'ipFamilies',
] as const;
const keptPortFields = ['name', 'port', 'protocol', 'targetPort', 'appProtocol'] as const;

/** The Service that only the canary's pods answer. Keeps `metadata.labels`, so that a ServiceMonitor finds it too. */
export function canaryService(service: KubeObject, keys: ReadonlySet<string>, release: string): KubeObject {
  const spec = asRecord(service.spec) ?? {};
  const ports = Array.isArray(spec.ports) ? spec.ports : [];
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
      ports: ports.map(port => pick(asRecord(port) ?? {}, keptPortFields)),
    },
  };
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
