/** How the API server's paths name a kind. */
export interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

const namespaced = (plural: string): Resource => ({ plural, namespaced: true });
const clusterWide = (plural: string): Resource => ({ plural, namespaced: false });

/**
 * The kinds that most releases meet, by group: their names have not changed in any version, so nobody need ask for
 * them. Everything else is found by discovery.
 */
const knownResources: Readonly<Record<string, Readonly<Record<string, Resource>>>> = {
  '': {
    ConfigMap: namespaced('configmaps'),
    Endpoints: namespaced('endpoints'),
    Event: namespaced('events'),
    LimitRange: namespaced('limitranges'),
    Namespace: clusterWide('namespaces'),
    PersistentVolume: clusterWide('persistentvolumes'),
    PersistentVolumeClaim: namespaced('persistentvolumeclaims'),
    Pod: namespaced('pods'),
    ResourceQuota: namespaced('resourcequotas'),
    Secret: namespaced('secrets'),
    Service: namespaced('services'),
    ServiceAccount: namespaced('serviceaccounts'),
  },
  'apiextensions.k8s.io': { CustomResourceDefinition: clusterWide('customresourcedefinitions') },
  apps: {
    DaemonSet: namespaced('daemonsets'),
    Deployment: namespaced('deployments'),
    ReplicaSet: namespaced('replicasets'),
    StatefulSet: namespaced('statefulsets'),
  },
  autoscaling: { HorizontalPodAutoscaler: namespaced('horizontalpodautoscalers') },
  batch: { CronJob: namespaced('cronjobs'), Job: namespaced('jobs') },
  'coordination.k8s.io': { Lease: namespaced('leases') },
  'getambassador.io': {
    Host: namespaced('hosts'),
    Listener: namespaced('listeners'),
    Mapping: namespaced('mappings'),
    Module: namespaced('modules'),
    TCPMapping: namespaced('tcpmappings'),
    TLSContext: namespaced('tlscontexts'),
  },
  'networking.k8s.io': {
    Ingress: namespaced('ingresses'),
    IngressClass: clusterWide('ingressclasses'),
    NetworkPolicy: namespaced('networkpolicies'),
  },
  policy: { PodDisruptionBudget: namespaced('poddisruptionbudgets') },
  'rbac.authorization.k8s.io': {
    ClusterRole: clusterWide('clusterroles'),
    ClusterRoleBinding: clusterWide('clusterrolebindings'),
    Role: namespaced('roles'),
    RoleBinding: namespaced('rolebindings'),
  },
  'scheduling.k8s.io': { PriorityClass: clusterWide('priorityclasses') },
  'storage.k8s.io': { StorageClass: clusterWide('storageclasses') },
};

/** How the paths name this kind, where that need not be asked. */
export function knownResource(apiVersion: string, kind: string): Resource | undefined {
  const group = knownResources[groupOf(apiVersion)];
  return group !== undefined && Object.hasOwn(group, kind) ? group[kind] : undefined;
}

/** `apps` of `apps/v1`; the empty text for the core group's `v1`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

/** `/apis/apps/v1`, `/api/v1`. */
export function rootOf(apiVersion: string): string {
  return `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}`;
}

/** As access rules name it: `mappings.getambassador.io`, `pods`. */
export function resourceName(apiVersion: string, { plural }: Resource): string {
  const group = groupOf(apiVersion);
  return group === '' ? plural : `${plural}.${group}`;
}
