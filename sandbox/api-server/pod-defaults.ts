import { at, isObject, type JsonObject, objectsAt } from '../objects.ts';

/**
 * Fills in what Kubernetes' `pkg/apis/core/v1/defaults.go` fills into a pod's spec, as far as manifests of applications meet it.
 * The spec is changed in place.
 */
export function setPodSpecDefaults(spec: JsonObject): void {
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ??= 'default-scheduler';
  // The old name of the field is still written next to the new one.
  if (spec.serviceAccountName !== undefined) spec.serviceAccount ??= spec.serviceAccountName;
  for (const container of [...objectsAt(spec, 'initContainers'), ...objectsAt(spec, 'containers')]) {
    setContainerDefaults(container);
  }
  for (const volume of objectsAt(spec, 'volumes')) setVolumeDefaults(volume);
}

function setContainerDefaults(container: JsonObject): void {
  container.resources ??= {};
  setRequestDefaults(container.resources);
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.imagePullPolicy ??= isMovingTag(String(container.image ?? '')) ? 'Always' : 'IfNotPresent';
  for (const port of objectsAt(container, 'ports')) port.protocol ??= 'TCP';
  for (const variable of objectsAt(container, 'env')) {
    const fieldRef = at(variable, 'valueFrom', 'fieldRef');
    if (isObject(fieldRef)) fieldRef.apiVersion ??= 'v1';
    if (variable.value === '') delete variable.value;
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) setProbeDefaults(container[probe]);
  for (const hook of ['postStart', 'preStop']) setHttpDefaults(at(container, 'lifecycle', hook, 'httpGet'));
}

/** What is limited but not requested is requested in the amount of its limit. */
function setRequestDefaults(resources: unknown): void {
  const limits = at(resources, 'limits');
  if (!isObject(resources) || !isObject(limits)) return;
  const requests = isObject(resources.requests) ? resources.requests : {};
  resources.requests = { ...limits, ...requests };
}

/** `latest`, also where no tag is given. A digest is never pulled again. */
function isMovingTag(image: string): boolean {
  if (image.includes('@')) return false;
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest';
}

function setProbeDefaults(probe: unknown): void {
  if (!isObject(probe)) return;
  setHttpDefaults(probe.httpGet);
  if (isObject(probe.grpc)) probe.grpc.service ??= '';
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
}

function setHttpDefaults(action: unknown): void {
  if (!isObject(action)) return;
  action.path ??= '/';
  action.scheme ??= 'HTTP';
}

function setVolumeDefaults(volume: JsonObject): void {
  if (Object.keys(volume).every(field => field === 'name')) volume.emptyDir = {};
  for (const source of ['secret', 'configMap', 'projected', 'downwardAPI']) {
    const content = volume[source];
    if (isObject(content)) content.defaultMode ??= 0o644;
  }
  for (const source of objectsAt(volume, 'projected', 'sources')) {
    const token = source.serviceAccountToken;
    if (isObject(token)) token.expirationSeconds ??= 3600;
  }
  if (isObject(volume.hostPath)) volume.hostPath.type ??= '';
}
