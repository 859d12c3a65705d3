import { isDeepStrictEqual } from 'node:util';
import { at, type KubeObject, objectsAt } from '../objects.ts';
import { validateSchema } from './decode.ts';
import { dnsLabelCauses, labelCauses, nameCauses } from './name-rules.ts';
import type { Resource } from './resources.ts';
import { matchesSelector } from './selectors.ts';
import { type Cause, invalid, invalidValue, required } from './status.ts';

/**
 * Refuses (422) what the API server would refuse of an object that is about to be stored, as far as a release can meet it.
 * `live` is what it replaces.
 */
export function validate(resource: Resource, object: KubeObject, live?: KubeObject): void {
  const causes = [
    ...(live ? identityCauses(object, live) : nameCauses(resource.kind, object.metadata.name)),
    ...labelCauses(object.metadata.labels, 'metadata.labels'),
    ...(kindCauses[`${object.apiVersion} ${object.kind}`]?.(object, live) ?? []),
  ];
  if (causes.length > 0) throw invalid(resource.group, resource.kind, object.metadata.name ?? '', causes);
  validateSchema(resource, object);
}

function identityCauses(object: KubeObject, live: KubeObject): Cause[] {
  const { uid } = object.metadata;
  return uid === undefined || uid === live.metadata.uid
    ? []
    : [invalidValue('metadata.uid', uid, 'field is immutable')];
}

type Rule = (object: KubeObject, live: KubeObject | undefined) => Cause[];

const kindCauses: Readonly<Record<string, Rule>> = {
  'apps/v1 Deployment': deploymentCauses,
  'apps/v1 ReplicaSet': templateOwnerCauses,
  'v1 Service': serviceCauses,
  'v1 Pod': object => podSpecCauses(at(object, 'spec'), 'spec'),
  'autoscaling/v2 HorizontalPodAutoscaler': object =>
    replicasCauses(at(object, 'spec', 'maxReplicas'), 'spec.maxReplicas', 1),
  'coordination.k8s.io/v1 Lease': object => {
    const seconds = at(object, 'spec', 'leaseDurationSeconds');
    return typeof seconds === 'number' && seconds <= 0
      ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
      : [];
  },
};

function deploymentCauses(object: KubeObject, live: KubeObject | undefined): Cause[] {
  const causes = templateOwnerCauses(object, live);
  const type = at(object, 'spec', 'strategy', 'type');
  const rolling = at(object, 'spec', 'strategy', 'rollingUpdate');
  const field = 'spec.strategy.rollingUpdate';
  if (type === 'Recreate' && rolling !== undefined) {
    const message = "Forbidden: may not be specified when strategy `type` is 'Recreate'";
    causes.push({ reason: 'FieldValueForbidden', message, field });
  }
  const [surge, unavailable] = [at(rolling, 'maxSurge'), at(rolling, 'maxUnavailable')];
  const isNone = (value: unknown) => value === 0 || value === '0%';
  if (type === 'RollingUpdate' && isNone(surge) && isNone(unavailable)) {
    causes.push(invalidValue(`${field}.maxUnavailable`, unavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return causes;
}

/** What Deployments and ReplicaSets have in common: a selector that never changes and that selects the template. */
function templateOwnerCauses(object: KubeObject, live: KubeObject | undefined): Cause[] {
  const selector = at(object, 'spec', 'selector');
  const labels = at(object, 'spec', 'template', 'metadata', 'labels');
  const causes = replicasCauses(at(object, 'spec', 'replicas'), 'spec.replicas', 0);
  const liveSelector = at(live, 'spec', 'selector');
  if (selector === undefined) causes.push(required('spec.selector'));
  if (selector === undefined || !matchesSelector(selector, labels)) {
    const problem = '`selector` does not match template `labels`';
    causes.push(invalidValue('spec.template.metadata.labels', labels, problem));
  }
  causes.push(...labelCauses(labels, 'spec.template.metadata.labels'));
  causes.push(...podSpecCauses(at(object, 'spec', 'template', 'spec'), 'spec.template.spec'));
  if (liveSelector !== undefined && !isDeepStrictEqual(selector, liveSelector)) {
    causes.push(invalidValue('spec.selector', selector, 'field is immutable'));
  }
  return causes;
}

function replicasCauses(value: unknown, field: string, least: number): Cause[] {
  if (typeof value === 'number' && value >= least) return [];
  return [invalidValue(field, value, `must be greater than or equal to ${least}`)];
}

function podSpecCauses(spec: unknown, field: string): Cause[] {
  const containers = objectsAt(spec, 'containers');
  if (containers.length === 0) return [required(`${field}.containers`)];
  return containers.flatMap((container, index) => {
    const place = `${field}.containers[${index}]`;
    const { name } = container;
    const missing = ['name', 'image']
      .filter(part => !container[part])
      .map(part => required(`${place}.${part}`));
    return typeof name === 'string' && name !== ''
      ? [...missing, ...dnsLabelCauses(name, `${place}.name`)]
      : missing;
  });
}

function serviceCauses(object: KubeObject, live: KubeObject | undefined): Cause[] {
  const spec = at(object, 'spec');
  const ports = objectsAt(spec, 'ports');
  const isExternal = at(spec, 'type') === 'ExternalName';
  const causes: Cause[] = [];
  if (ports.length === 0 && !isExternal && at(spec, 'clusterIP') !== 'None')
    causes.push(required('spec.ports'));
  if (ports.length > 1) {
    causes.push(
      ...ports.flatMap((port, index) => (port.name ? [] : [required(`spec.ports[${index}].name`)])),
    );
  }
  const address = at(spec, 'clusterIP');
  const liveAddress = at(live, 'spec', 'clusterIP');
  if (!isExternal && liveAddress !== undefined && address !== liveAddress) {
    causes.push(invalidValue('spec.clusterIPs[0]', [address], 'may not change once set'));
  }
  return causes;
}
