import { at, isObject, type JsonObject, type KubeObject, objectsAt } from '../objects.ts';
import { setPodSpecDefaults } from './pod-defaults.ts';
import type { Resource } from './resources.ts';
import { fieldSchema, type Schema } from './schema.ts';

/**
 * The object with what the API server fills in before it compares, validates or stores it, and without the empty lists and maps that
 * Go leaves out when it writes a built-in type.
 */
export function withDefaults(resource: Resource, object: KubeObject): KubeObject {
  const filled = withoutEmpties(structuredClone(object), resource.schema) as KubeObject;
  defaults[`${filled.apiVersion} ${filled.kind}`]?.(filled);
  return filled;
}

const defaults: Readonly<Record<string, (object: KubeObject) => void>> = {
  'v1 Namespace': object => {
    object.metadata.labels = {
      ...object.metadata.labels,
      'kubernetes.io/metadata.name': object.metadata.name,
    };
  },
  'v1 Pod': object => {
    const spec = part(object, 'spec');
    setPodSpecDefaults(spec);
    spec.enableServiceLinks ??= true;
  },
  'v1 Service': setServiceDefaults,
  'v1 Secret': object => {
    object.type ??= 'Opaque';
    if (!isObject(object.stringData)) return;
    const data = part(object, 'data');
    for (const [key, value] of Object.entries(object.stringData)) {
      data[key] = Buffer.from(String(value)).toString('base64');
    }
    delete object.stringData;
  },
  'v1 Event': object => {
    object.source ??= {};
    for (const field of ['firstTimestamp', 'lastTimestamp', 'eventTime']) object[field] ??= null;
    object.reportingComponent ??= '';
    object.reportingInstance ??= '';
  },
  'apps/v1 Deployment': setDeploymentDefaults,
  'apps/v1 ReplicaSet': object => {
    const spec = part(object, 'spec');
    spec.replicas ??= 1;
    setTemplateDefaults(spec);
  },
  'autoscaling/v2 HorizontalPodAutoscaler': object => {
    const spec = part(object, 'spec');
    spec.minReplicas ??= 1;
    spec.metrics ??= [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ];
  },
  'networking.k8s.io/v1 NetworkPolicy': object => {
    const spec = part(object, 'spec');
    const rules = [...objectsAt(spec, 'ingress'), ...objectsAt(spec, 'egress')];
    for (const port of rules.flatMap(rule => objectsAt(rule, 'ports'))) port.protocol ??= 'TCP';
    spec.policyTypes ??= objectsAt(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
};

function withoutEmpties(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) {
    return schema.kind === 'list' ? value.map(item => withoutEmpties(item, schema.items)) : value;
  }
  if (!isObject(value) || (schema.kind !== 'struct' && schema.kind !== 'map')) return value;
  for (const [field, item] of Object.entries(value)) {
    const type = fieldSchema(schema, field);
    if (type) value[field] = withoutEmpties(item, type);
    const isGoType = schema.kind === 'struct' && schema.name !== '';
    const isCollection = type?.kind === 'list' || type?.kind === 'map';
    if (isGoType && isCollection && Object.keys(item ?? {}).length === 0) delete value[field];
  }
  return value;
}

function part(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  if (isObject(value)) return value;
  const made: JsonObject = {};
  object[field] = made;
  return made;
}

function setTemplateDefaults(spec: JsonObject): void {
  setPodSpecDefaults(part(part(spec, 'template'), 'spec'));
  part(part(spec, 'template'), 'metadata');
}

function setDeploymentDefaults(object: KubeObject): void {
  const spec = part(object, 'spec');
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  const strategy = part(spec, 'strategy');
  strategy.type ??= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rolling = part(strategy, 'rollingUpdate');
    rolling.maxUnavailable ??= '25%';
    rolling.maxSurge ??= '25%';
  }
  setTemplateDefaults(spec);
}

function setServiceDefaults(object: KubeObject): void {
  const spec = part(object, 'spec');
  spec.type ??= 'ClusterIP';
  spec.sessionAffinity ??= 'None';
  if (spec.sessionAffinity === 'ClientIP') {
    part(part(spec, 'sessionAffinityConfig'), 'clientIP').timeoutSeconds ??= 10_800;
  }
  for (const port of objectsAt(spec, 'ports')) {
    port.protocol ??= 'TCP';
    port.targetPort ??= port.port;
  }
  if (spec.type === 'ExternalName') return;
  spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'ClusterIP') return;
  spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

/** Whether a Service gets an address of its own. */
export function wantsClusterIp(service: KubeObject): boolean {
  return at(service, 'spec', 'type') !== 'ExternalName';
}
