import { builtinSchema } from './builtin-schema.ts';
import { emissarySchema, looseSchema } from './custom-schema.ts';
import type { Struct } from './schema.ts';
import { eventFields, podFields } from './selectable-fields.ts';

/** A kind of object that the API server stores. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Served by a CustomResourceDefinition: other media types, other validation, other shapes of lists. */
  readonly custom: boolean;
  readonly schema: Struct;
  readonly hasStatus: boolean;
  readonly hasScale: boolean;
  /** `metadata.generation` counts the changes of its spec. */
  readonly hasGeneration: boolean;
  /** A delete answers with the object instead of a `Status`. */
  readonly returnsDeleted: boolean;
  /** Field selectors besides `metadata.name` and `metadata.namespace`, each with its path. */
  readonly selectableFields: Readonly<Record<string, readonly string[]>>;
  /** Structs that an empty object of this kind has in Go all the same, which tells what counts as added on a create. */
  readonly emptyObject: Readonly<Record<string, unknown>>;
}

type Rest = Partial<Omit<Resource, 'kind' | 'schema' | 'group' | 'version'>>;

function builtin(apiVersion: string, kind: string, model: string, rest: Rest = {}): Resource {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const singular = kind.toLowerCase();
  const plural = singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
  return {
    group,
    version,
    plural,
    singular,
    kind,
    namespaced: true,
    shortNames: [],
    categories: [],
    custom: false,
    schema: builtinSchema(model),
    hasStatus: false,
    hasScale: false,
    hasGeneration: false,
    returnsDeleted: false,
    selectableFields: {},
    emptyObject: {},
    ...rest,
  };
}

function custom(
  group: string,
  version: string,
  kind: string,
  schema: Struct,
  categories: string[],
): Resource {
  const names = builtin(`${group}/${version}`, kind, 'V1ObjectMeta', { hasGeneration: true, custom: true });
  return { ...names, schema, categories, hasStatus: schema.fields.has('status') };
}

const rbac = 'rbac.authorization.k8s.io/v1';
const template = { metadata: {}, spec: { containers: null } };

/** Everything that the sandbox's API server stores. */
export const resources: readonly Resource[] = [
  builtin('v1', 'Namespace', 'V1Namespace', {
    namespaced: false,
    shortNames: ['ns'],
    hasStatus: true,
    returnsDeleted: true,
    selectableFields: { 'status.phase': ['status', 'phase'] },
    emptyObject: { spec: {}, status: {} },
  }),
  builtin('v1', 'Pod', 'V1Pod', {
    shortNames: ['po'],
    categories: ['all'],
    hasStatus: true,
    hasGeneration: true,
    returnsDeleted: true,
    selectableFields: podFields,
    emptyObject: { spec: { containers: null }, status: {} },
  }),
  builtin('v1', 'Service', 'V1Service', {
    shortNames: ['svc'],
    categories: ['all'],
    hasStatus: true,
    returnsDeleted: true,
    selectableFields: { 'spec.clusterIP': ['spec', 'clusterIP'], 'spec.type': ['spec', 'type'] },
    emptyObject: { spec: {}, status: { loadBalancer: {} } },
  }),
  builtin('v1', 'ConfigMap', 'V1ConfigMap', { shortNames: ['cm'] }),
  builtin('v1', 'Secret', 'V1Secret', { selectableFields: { type: ['type'] } }),
  builtin('v1', 'Event', 'CoreV1Event', {
    shortNames: ['ev'],
    selectableFields: eventFields,
    emptyObject: {
      involvedObject: {},
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    },
  }),
  builtin('v1', 'ServiceAccount', 'V1ServiceAccount', { shortNames: ['sa'], returnsDeleted: true }),
  builtin('apps/v1', 'Deployment', 'V1Deployment', {
    shortNames: ['deploy'],
    categories: ['all'],
    hasStatus: true,
    hasScale: true,
    hasGeneration: true,
    emptyObject: { spec: { strategy: {}, template }, status: {} },
  }),
  builtin('apps/v1', 'ReplicaSet', 'V1ReplicaSet', {
    shortNames: ['rs'],
    categories: ['all'],
    hasStatus: true,
    hasScale: true,
    hasGeneration: true,
    selectableFields: { 'status.replicas': ['status', 'replicas'] },
    emptyObject: { spec: { template }, status: {} },
  }),
  builtin('autoscaling/v2', 'HorizontalPodAutoscaler', 'V2HorizontalPodAutoscaler', {
    shortNames: ['hpa'],
    categories: ['all'],
    hasStatus: true,
    emptyObject: { spec: { scaleTargetRef: {} }, status: {} },
  }),
  builtin('policy/v1', 'PodDisruptionBudget', 'V1PodDisruptionBudget', {
    shortNames: ['pdb'],
    hasStatus: true,
    hasGeneration: true,
    emptyObject: { spec: {}, status: {} },
  }),
  builtin('networking.k8s.io/v1', 'NetworkPolicy', 'V1NetworkPolicy', {
    shortNames: ['netpol'],
    hasGeneration: true,
    emptyObject: { spec: { podSelector: {} } },
  }),
  builtin('networking.k8s.io/v1', 'Ingress', 'V1Ingress', {
    plural: 'ingresses',
    shortNames: ['ing'],
    hasStatus: true,
    hasGeneration: true,
    emptyObject: { spec: {}, status: { loadBalancer: {} } },
  }),
  builtin('coordination.k8s.io/v1', 'Lease', 'V1Lease', { emptyObject: { spec: {} } }),
  builtin('v1', 'PersistentVolumeClaim', 'V1PersistentVolumeClaim', { shortNames: ['pvc'] }),
  builtin('scheduling.k8s.io/v1', 'PriorityClass', 'V1PriorityClass', {
    plural: 'priorityclasses',
    shortNames: ['pc'],
    namespaced: false,
  }),
  builtin(rbac, 'Role', 'V1Role'),
  builtin(rbac, 'RoleBinding', 'V1RoleBinding', { emptyObject: { roleRef: {} } }),
  builtin(rbac, 'ClusterRole', 'V1ClusterRole', { namespaced: false }),
  builtin(rbac, 'ClusterRoleBinding', 'V1ClusterRoleBinding', {
    namespaced: false,
    emptyObject: { roleRef: {} },
  }),
  ...['Mapping', 'TCPMapping', 'Host', 'Module'].map(kind => {
    return custom('getambassador.io', 'v3alpha1', kind, emissarySchema(kind), ['ambassador-crds']);
  }),
  custom('monitoring.coreos.com', 'v1', 'ServiceMonitor', looseSchema(), ['prometheus-operator']),
];

/** `apps/v1`, `v1`. */
export function groupVersion({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The resource of a kind. Throws for one that is not stored here. */
export function resourceOf(apiVersion: string, kind: string): Resource {
  const found = resources.find(resource => groupVersion(resource) === apiVersion && resource.kind === kind);
  if (!found) throw new Error(`the sandbox does not store ${apiVersion} ${kind}`);
  return found;
}
