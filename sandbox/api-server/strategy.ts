import { isDeepStrictEqual } from 'node:util';
import { at, isObject, type JsonObject, type KubeObject, objectsAt } from '../objects.ts';
import { wantsClusterIp } from './defaults.ts';
import type { Resource } from './resources.ts';

// What a kind's `strategy` in Kubernetes' registries does to an object before it is stored: fields that are the server's own.

const firstStatus: Readonly<Record<string, JsonObject>> = {
  Namespace: { phase: 'Active' },
  Pod: { phase: 'Pending', qosClass: 'Burstable' },
  Service: { loadBalancer: {} },
  Deployment: {},
  ReplicaSet: { replicas: 0 },
  HorizontalPodAutoscaler: { desiredReplicas: 0, currentMetrics: null },
  PodDisruptionBudget: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
};

/** Addresses and ports that Services get, the same ones in every run. */
export class ServiceAddresses {
  #address = 0;
  #nodePort = 30_000;

  /** Gives a Service what it lacks: the address of an older self, or a new one, and node ports where its type has them. */
  allocate(service: KubeObject, live?: KubeObject): void {
    const spec = isObject(service.spec) ? service.spec : {};
    if (!wantsClusterIp(service)) return;
    spec.clusterIP ??= at(live, 'spec', 'clusterIP') ?? this.#nextAddress();
    spec.clusterIPs ??= [spec.clusterIP];
    spec.ipFamilies ??= ['IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return;
    for (const port of objectsAt(spec, 'ports')) {
      const older = objectsAt(live, 'spec', 'ports').find(other => other.port === port.port);
      port.nodePort ??= older?.nodePort ?? this.#nodePort++;
    }
  }

  #nextAddress(): string {
    this.#address++;
    return `10.96.${Math.floor(this.#address / 250)}.${(this.#address % 250) + 1}`;
  }
}

/** Sets what a new object starts with. The object is changed in place. */
export function prepareForCreate(resource: Resource, object: KubeObject): void {
  if (resource.hasGeneration) object.metadata.generation = 1;
  if (resource.hasStatus) {
    const status = firstStatus[resource.kind];
    if (status) object.status = structuredClone(status);
    else delete object.status;
  }
  if (resource.kind === 'Pod') object.spec = { ...(object.spec as JsonObject), ...admitted(object) };
  if (resource.kind === 'Namespace') object.spec = { finalizers: ['kubernetes'] };
}

/** What admission adds to every pod. */
function admitted(pod: KubeObject): JsonObject {
  const evictedAfter = (key: string) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  });
  const account = at(pod, 'spec', 'serviceAccountName') ?? 'default';
  return {
    serviceAccountName: account,
    serviceAccount: account,
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
    tolerations: [
      evictedAfter('node.kubernetes.io/not-ready'),
      evictedAfter('node.kubernetes.io/unreachable'),
    ],
  };
}

/** Puts back what a writer may not change here, and counts the generation. The object is changed in place. */
export function prepareForUpdate(
  resource: Resource,
  object: KubeObject,
  live: KubeObject,
  subresource: string | undefined,
): void {
  const { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds } = live.metadata;
  const { metadata } = object;
  metadata.uid ??= uid ?? '';
  Object.assign(metadata, { creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds });
  for (const [field, value] of Object.entries(metadata)) if (value === undefined) delete metadata[field];
  metadata.resourceVersion = live.metadata.resourceVersion ?? '';
  if (subresource === 'status') {
    for (const [field, value] of Object.entries(live)) {
      if (field !== 'status' && field !== 'metadata') object[field] = structuredClone(value);
    }
    const { managedFields, annotations } = metadata;
    object.metadata = { ...structuredClone(live.metadata), ...(managedFields && { managedFields }) };
    // The Deployment controller counts revisions there, along with the status.
    if (!resource.custom && annotations) object.metadata.annotations = annotations;
  } else if (resource.hasStatus) {
    if (live.status === undefined) delete object.status;
    else object.status = structuredClone(live.status);
  }
  if (resource.hasGeneration && contentChanged(resource, object, live)) {
    object.metadata.generation = (generation ?? 0) + 1;
  }
}

/** Whether anything changed that the generation counts: the spec, and for custom resources all but metadata and status. */
function contentChanged(resource: Resource, object: KubeObject, live: KubeObject): boolean {
  if (!resource.custom) return !isDeepStrictEqual(object.spec, live.spec);
  const content = ({ metadata: _, status: __, ...rest }: KubeObject) => rest;
  return !isDeepStrictEqual(content(object), content(live));
}
