/**
 * How server-side apply merges the lists and maps of the built-in kinds, by `<Go type>.<field>`: the `x-kubernetes-list-type`,
 * `-list-map-keys` and `-map-type` of the OpenAPI description of Kubernetes 1.35. Lists that are not named are atomic.
 */
export const mergeKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['ObjectMeta.ownerReferences', ['uid']],
  ['PodSpec.containers', ['name']],
  ['PodSpec.initContainers', ['name']],
  ['PodSpec.ephemeralContainers', ['name']],
  ['PodSpec.volumes', ['name']],
  ['PodSpec.imagePullSecrets', ['name']],
  ['PodSpec.hostAliases', ['ip']],
  ['PodSpec.resourceClaims', ['name']],
  ['PodSpec.schedulingGates', ['name']],
  ['PodSpec.topologySpreadConstraints', ['topologyKey', 'whenUnsatisfiable']],
  ['Container.env', ['name']],
  ['Container.ports', ['containerPort', 'protocol']],
  ['Container.volumeMounts', ['mountPath']],
  ['Container.volumeDevices', ['devicePath']],
  ['EphemeralContainer.env', ['name']],
  ['EphemeralContainer.ports', ['containerPort', 'protocol']],
  ['EphemeralContainer.volumeMounts', ['mountPath']],
  ['EphemeralContainer.volumeDevices', ['devicePath']],
  ['ResourceRequirements.claims', ['name']],
  ['ServiceSpec.ports', ['port', 'protocol']],
  ['ServiceAccount.secrets', ['name']],
  ['PodStatus.podIPs', ['ip']],
  ['PodStatus.conditions', ['type']],
  ['DeploymentStatus.conditions', ['type']],
  ['ReplicaSetStatus.conditions', ['type']],
  ['ServiceStatus.conditions', ['type']],
  ['NamespaceStatus.conditions', ['type']],
  ['HorizontalPodAutoscalerStatus.conditions', ['type']],
  ['PodDisruptionBudgetStatus.conditions', ['type']],
]);

export const sets: ReadonlySet<string> = new Set([
  'ObjectMeta.finalizers',
  'ContainerRestartRuleOnExitCodes.values',
]);

/** Types that have one owner as a whole. */
export const atomicTypes: ReadonlySet<string> = new Set([
  'OwnerReference',
  'LabelSelector',
  'NodeSelector',
  'NodeSelectorTerm',
  'ConfigMapKeySelector',
  'SecretKeySelector',
  'FileKeySelector',
  'ObjectFieldSelector',
  'ResourceFieldSelector',
  'LocalObjectReference',
  'TypedLocalObjectReference',
  'ObjectReference',
  'RoleRef',
]);

export const atomicMaps: ReadonlySet<string> = new Set(['PodSpec.nodeSelector', 'ServiceSpec.selector']);

/** Maps of quantities: a number is as good as its text there, `cpu: 1` as `cpu: "1"`. */
export const quantityMaps: ReadonlySet<string> = new Set([
  'ResourceRequirements.limits',
  'ResourceRequirements.requests',
  'VolumeResourceRequirements.limits',
  'VolumeResourceRequirements.requests',
  'PodSpec.overhead',
]);

export const quantityTexts: ReadonlySet<string> = new Set([
  'EmptyDirVolumeSource.sizeLimit',
  'ResourceFieldSelector.divisor',
  'MetricTarget.averageValue',
  'MetricTarget.value',
]);

/** What a list's key reads as where an item leaves it out. */
export const keyDefaults: Readonly<Record<string, unknown>> = { protocol: 'TCP' };
