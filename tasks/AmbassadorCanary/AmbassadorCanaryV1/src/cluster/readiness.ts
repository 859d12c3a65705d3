import { asRecord, asRecords, type KubeObject, replicasOf, valueAt } from '../release/kube-object.ts';

/** How far a Deployment's rollout is. `detail` is for people: `1 of 2 pods ready`. */
export type Rollout =
  | { readonly state: 'ready' | 'waiting'; readonly detail: string }
  /** Its status still tells of the spec before. */
  | { readonly state: 'unseen'; readonly detail: string }
  /** Kubernetes itself has given up waiting (progressDeadlineSeconds). `since` tells one such verdict from the next. */
  | { readonly state: 'overdue'; readonly detail: string; readonly since: string };

/**
 * The judgement of `kubectl rollout status`: the controller has seen the latest spec, all pods are of its template, no
 * others are left, and all are available.
 */
export function judgeRollout(deployment: KubeObject): Rollout {
  const status = asRecord(deployment.status) ?? {};
  const count = (field: string) => (typeof status[field] === 'number' ? (status[field] as number) : 0);
  const wanted = replicasOf(deployment);
  if (count('observedGeneration') < (deployment.metadata.generation ?? 0)) {
    return { state: 'unseen', detail: 'its new version is not yet seen by the Deployment controller' };
  }
  const [updated, all, available] = [count('updatedReplicas'), count('replicas'), count('availableReplicas')];
  const detail =
    all > updated
      ? `${updated} of ${wanted} pods of the new version, ${all - updated} of the old left`
      : `${Math.min(available, wanted)} of ${wanted} pods ready`;
  if (updated >= wanted && all <= updated && available >= updated) return { state: 'ready', detail };
  const since = overdueSince(deployment);
  return since === undefined ? { state: 'waiting', detail } : { state: 'overdue', detail, since };
}

/** When Kubernetes gave up waiting for this rollout, or for one before; `undefined` where it did not. */
export function overdueSince(deployment: KubeObject): string | undefined {
  const progress = conditionOf(deployment, 'Progressing');
  return progress?.reason === 'ProgressDeadlineExceeded' ? String(progress.lastUpdateTime ?? '') : undefined;
}

/** The condition of this type in an object's status. */
export function conditionOf(object: KubeObject, type: string): Readonly<Record<string, unknown>> | undefined {
  return asRecords(valueAt(object, 'status', 'conditions')).find(condition => condition.type === type);
}
