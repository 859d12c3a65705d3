import type { KubeObject } from '../release/kube-object.ts';

/** Kinds in the order in which one needs the other; what is not named comes after configuration and before workloads. */
const first = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'StorageClass',
  'ServiceAccount',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ResourceQuota',
  'LimitRange',
  'Secret',
  'ConfigMap',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'NetworkPolicy',
  'Service',
];
const last = [
  'DaemonSet',
  'StatefulSet',
  'Deployment',
  'Job',
  'CronJob',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
  'Ingress',
  'Mapping',
  'AmbassadorMapping',
];

/** Sorted so that what others refer to comes first and routes come last; otherwise in the order of the manifests. */
export function inApplyOrder(objects: readonly KubeObject[]): readonly KubeObject[] {
  return [...objects].sort((a, b) => rank(a.kind) - rank(b.kind));
}

function rank(kind: string): number {
  const early = first.indexOf(kind);
  if (early !== -1) return early;
  const late = last.indexOf(kind);
  return first.length + (late === -1 ? 0 : 1 + late);
}
