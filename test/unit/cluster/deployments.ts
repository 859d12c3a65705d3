import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

export interface RolloutState {
  readonly wanted?: number;
  readonly generation?: number;
  readonly observed?: number;
  readonly replicas?: number;
  readonly updated?: number;
  readonly available?: number;
  readonly overdueSince?: string;
}

/** A Deployment of two replicas, unless told. */
export function deployment(name: string, state: RolloutState = {}): KubeObject {
  const { wanted = 2, generation = 1, observed = generation, overdueSince } = state;
  const overdue = {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    lastUpdateTime: overdueSince,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', generation },
    spec: { replicas: wanted, selector: { matchLabels: { app: name } } },
    status: {
      observedGeneration: observed,
      replicas: state.replicas ?? 0,
      updatedReplicas: state.updated ?? 0,
      availableReplicas: state.available ?? 0,
      conditions: overdueSince === undefined ? [] : [overdue],
    },
  };
}

/** A pod that is not ready, with this status. */
export function pod(name: string, status: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, ...metadata },
    status,
  };
}

/** A pod whose one container waits for this. */
export function waitingPod(name: string, reason: string, message: string, more: object = {}): KubeObject {
  return pod(name, {
    containerStatuses: [{ name: 'app', state: { waiting: { reason, message } }, ...more }],
  });
}

export function warning(podName: string, reason: string, message: string, more: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${podName}.${reason}`, namespace: 'shop' },
    type: 'Warning',
    reason,
    message,
    involvedObject: { kind: 'Pod', name: podName, uid: `uid-${podName}` },
    ...more,
  };
}
