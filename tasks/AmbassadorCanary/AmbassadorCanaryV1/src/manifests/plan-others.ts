import { CanaryError } from '../release/errors.ts';
import { type KubeObject, nameOf, refOf } from '../release/kube-object.ts';

/** Workloads that would take all their users to the new version at once, were they changed beside a canary. */
export const uncanariedKinds = ['StatefulSet', 'DaemonSet', 'ReplicaSet'];
/** Who may do what: the canary has the same account as stable, so a change is for both. */
const accessKinds = ['ServiceAccount', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'];
/** What the new version may need before its first pod starts, and which changes nothing for stable while it is new. */
const additionKinds = [
  ...accessKinds,
  'Namespace',
  'PriorityClass',
  'ConfigMap',
  'Secret',
  'SecretProviderClass',
  'PersistentVolumeClaim',
  'Service',
];

export interface PlannedOthers {
  /** What is made first, removed on a rollback. */
  readonly additions: readonly KubeObject[];
  /** What is applied once the new version is stable. */
  readonly rest: readonly KubeObject[];
  readonly notes: readonly string[];
}

/** When the objects of a release are applied that neither are on trial nor stand around what is. */
export function planOthers(
  others: readonly KubeObject[],
  isNew: (object: KubeObject) => boolean,
): PlannedOthers {
  const isAddition = (object: KubeObject) => isNew(object) && additionKinds.includes(object.kind);
  const additions = others.filter(isAddition);
  const rest = others.filter(object => !isAddition(object));
  return {
    additions,
    rest,
    notes: [
      ...rest.filter(object => uncanariedKinds.includes(object.kind) && isNew(object)).map(madeLate),
      ...rest.filter(object => accessKinds.includes(object.kind)).map(changesLate),
      ...additions.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(isKept),
    ],
  };
}

/** Why a workload that changes can't be released beside a canary. */
export function uncanariedError(object: KubeObject): CanaryError {
  return new CanaryError('MANIFEST_INVALID', `${nameOf(refOf(object))} can't get a canary`, {
    expected: 'only Deployments to change beside their Services and configuration',
    found: `a changed ${object.kind}`,
    hint: 'Release it in a step of its own, before or after this one',
  });
}

function madeLate(object: KubeObject): string {
  return `${nameOf(refOf(object))} is new: it is made at promotion, so the canary runs without it`;
}

function changesLate(object: KubeObject): string {
  return `${nameOf(refOf(object))} changes at promotion: the canary still runs with the old one`;
}

function isKept(object: KubeObject): string {
  return `${nameOf(refOf(object))} is made now and kept whatever happens, since it may hold data`;
}
