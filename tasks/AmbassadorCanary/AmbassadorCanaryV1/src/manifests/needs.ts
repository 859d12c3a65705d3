import { configRefs } from '../release/config-refs.ts';
import { CanaryError } from '../release/errors.ts';
import {
  asRecords,
  identityOf,
  type KubeObject,
  nameOf,
  type ObjectRef,
  refOf,
  valueAt,
} from '../release/kube-object.ts';
import { podSpecOf } from './config-twins.ts';
import type { Missing } from './surveyed.ts';

/**
 * What pods of the new version can't do without and pods of the live one do not have yet: their account, priority, claims and
 * settings; and the roles that the manifests bind. What the manifests hold is left out.
 */
export function newNeeds(
  objects: readonly KubeObject[],
  live: ReadonlyMap<string, KubeObject>,
): readonly Missing[] {
  const held = new Set(objects.map(object => identityOf(refOf(object))));
  const needs = objects.flatMap(object => {
    const running = live.get(identityOf(refOf(object)));
    if (object.kind === 'Deployment' && running !== undefined) {
      const known = new Set(podNeeds(running).map(identityOf));
      return podNeeds(object).flatMap(ref =>
        known.has(identityOf(ref)) ? [] : [{ ref, by: refOf(object) }],
      );
    }
    return running === undefined ? roleNeeds(object) : [];
  });
  return needs.filter(({ ref }) => !held.has(identityOf(ref)));
}

/** The PersistentVolumeClaims that a workload mounts. */
export function claimsOf(workload: KubeObject): readonly ObjectRef[] {
  return asRecords(valueAt(podSpecOf(workload), 'volumes'))
    .map(volume => valueAt(volume, 'persistentVolumeClaim', 'claimName'))
    .flatMap(name =>
      typeof name === 'string' ? [within(workload, 'v1', 'PersistentVolumeClaim', name)] : [],
    );
}

/** The refusal of a release whose canary would wait for ever. */
export function missingError({ ref, by }: Missing): CanaryError {
  const line =
    ref.kind === 'ServiceAccount'
      ? `Run \`kubectl create serviceaccount ${ref.name} --namespace ${ref.namespace}\`, or add it to the manifests`
      : 'Create it first, or add it to the manifests';
  return new CanaryError('OBJECT_MISSING', `${nameOf(by)} needs ${nameOf(ref)}, which does not exist`, {
    expected: 'it in the cluster or in the manifests',
    hint: line,
  });
}

function podNeeds(workload: KubeObject): readonly ObjectRef[] {
  const spec = podSpecOf(workload);
  const account = valueAt(spec, 'serviceAccountName');
  const priority = valueAt(spec, 'priorityClassName');
  return [
    ...(typeof account === 'string' && account !== ''
      ? [within(workload, 'v1', 'ServiceAccount', account)]
      : []),
    ...(typeof priority === 'string' && priority !== ''
      ? [{ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', name: priority }]
      : []),
    ...claimsOf(workload),
    // A driver makes Secrets of what it mounts, so that one may come with the pod.
    ...configRefs(spec)
      .filter(({ kind, optional }) => kind === 'ConfigMap' && !optional)
      .map(({ kind, name }) => within(workload, 'v1', kind, name)),
  ];
}

/** The API server takes a binding to a role that is not there; then it allows nothing. */
function roleNeeds(object: KubeObject): readonly Missing[] {
  if (object.kind !== 'RoleBinding' && object.kind !== 'ClusterRoleBinding') return [];
  const [kind, name] = [valueAt(object, 'roleRef', 'kind'), valueAt(object, 'roleRef', 'name')];
  if (typeof name !== 'string') return [];
  const ref =
    kind === 'Role'
      ? within(object, object.apiVersion, 'Role', name)
      : { apiVersion: object.apiVersion, kind: 'ClusterRole', name };
  return [{ ref, by: refOf(object) }];
}

function within(object: KubeObject, apiVersion: string, kind: string, name: string): ObjectRef {
  const { namespace } = object.metadata;
  return namespace === undefined ? { apiVersion, kind, name } : { apiVersion, kind, name, namespace };
}
