import { at, type JsonObject, type KubeObject, objectsAt, timestamp } from '../objects.ts';
import { boundsOf, replicasOf } from './rollout.ts';

export interface Rollout {
  readonly deployment: KubeObject;
  readonly current: KubeObject | undefined;
  readonly old: readonly KubeObject[];
  /** The ReplicaSet has just been made. */
  readonly isNew: boolean;
  readonly now: number;
}

/** A Deployment's status by the words and rules of its controller (`progress.go`, `sync.go`). */
export function deploymentStatus(rollout: Rollout): JsonObject {
  const { deployment, current, old } = rollout;
  const all = current ? [...old, current] : [...old];
  const counted = (field: string, sets: readonly KubeObject[]) =>
    sets.reduce((total, set) => total + Number(at(set, 'status', field) ?? 0), 0);
  const counts = {
    replicas: counted('replicas', all),
    updatedReplicas: current ? counted('replicas', [current]) : 0,
    readyReplicas: counted('readyReplicas', all),
    availableReplicas: counted('availableReplicas', all),
    terminatingReplicas: counted('terminatingReplicas', all),
  };
  const wanted = all.reduce((total, set) => total + replicasOf(set), 0);
  const status: JsonObject = { observedGeneration: deployment.metadata.generation };
  for (const [field, count] of Object.entries(counts)) {
    // Go leaves zeros out, but this one field is a pointer.
    if (count > 0 || field === 'terminatingReplicas') status[field] = count;
  }
  const missing = wanted - counts.availableReplicas;
  if (missing > 0) status.unavailableReplicas = missing;
  status.conditions = [available(rollout, counts.availableReplicas), ...progressing(rollout, status)];
  return status;
}

/** When the rollout has to be looked at again because its deadline may have passed; `undefined` where it has none. */
export function deadlineOf(deployment: KubeObject): number | undefined {
  const seconds = at(deployment, 'spec', 'progressDeadlineSeconds');
  const condition = conditionOf(deployment, 'Progressing');
  if (typeof seconds !== 'number' || !condition || isSettled(condition)) return undefined;
  return Date.parse(String(condition.lastUpdateTime)) + seconds * 1000;
}

function isSettled(condition: JsonObject): boolean {
  return condition.reason === 'NewReplicaSetAvailable' || condition.reason === 'ProgressDeadlineExceeded';
}

function available({ deployment, now }: Rollout, availableReplicas: number): JsonObject {
  const needed = replicasOf(deployment) - boundsOf(deployment).maxUnavailable;
  const holds = availableReplicas >= needed;
  return condition(deployment, now, {
    type: 'Available',
    status: holds ? 'True' : 'False',
    reason: holds ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${holds ? 'has' : 'does not have'} minimum availability.`,
  });
}

function progressing(rollout: Rollout, status: JsonObject): JsonObject[] {
  const { deployment, current, isNew, now } = rollout;
  const before = conditionOf(deployment, 'Progressing');
  const say = (state: string, reason: string, message: string) => [
    condition(deployment, now, { type: 'Progressing', status: state, reason, message }),
  ];
  const name = current?.metadata.name ?? '';
  if (isNew) return say('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`);
  if (!before) return say('True', 'FoundNewReplicaSet', `Found new replica set "${name}"`);
  const isOver = before.reason === 'NewReplicaSetAvailable' && status.replicas === status.updatedReplicas;
  if (isOver) return [before];
  if (isComplete(deployment, status)) {
    return say('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`);
  }
  if (hasProgressed(deployment, status)) {
    const [made = {}] = say('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`);
    // The one condition whose time moves with every step.
    return [{ ...made, lastUpdateTime: timestamp(now) }];
  }
  const deadline = deadlineOf(deployment);
  if (deadline !== undefined && now >= deadline) {
    return say('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`);
  }
  return [before];
}

function isComplete(deployment: KubeObject, status: JsonObject): boolean {
  const replicas = replicasOf(deployment);
  return (
    Number(status.updatedReplicas ?? 0) === replicas &&
    Number(status.replicas ?? 0) === replicas &&
    Number(status.availableReplicas ?? 0) === replicas
  );
}

function hasProgressed(deployment: KubeObject, status: JsonObject): boolean {
  const [before, now] = [countsOf(deployment.status), countsOf(status)];
  return (
    now.updated > before.updated ||
    now.replicas - now.updated < before.replicas - before.updated ||
    now.ready > before.ready ||
    now.available > before.available
  );
}

function countsOf(status: unknown) {
  const count = (field: string) => Number(at(status, field) ?? 0);
  return {
    replicas: count('replicas'),
    updated: count('updatedReplicas'),
    ready: count('readyReplicas'),
    available: count('availableReplicas'),
  };
}

function conditionOf(object: KubeObject, type: string): JsonObject | undefined {
  return objectsAt(object, 'status', 'conditions').find(condition => condition.type === type);
}

/** A condition whose times move only when it says something new. */
function condition(
  deployment: KubeObject,
  now: number,
  said: { type: string; status: string; reason: string; message: string },
): JsonObject {
  const before = conditionOf(deployment, said.type);
  if (before?.status === said.status && before.reason === said.reason) return before;
  const time = timestamp(now);
  return {
    type: said.type,
    status: said.status,
    lastUpdateTime: time,
    lastTransitionTime: before?.status === said.status ? before.lastTransitionTime : time,
    reason: said.reason,
    message: said.message,
  };
}
