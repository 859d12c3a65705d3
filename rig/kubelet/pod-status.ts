import {
  type Condition,
  type ContainerStatus,
  kubeTime,
  type Phase,
  type Pod,
  type PodStatus,
} from './pod.ts';

/** What a pod's status is made of. */
export interface PodFacts {
  readonly pod: Pod;
  readonly podIP: string;
  readonly hostIP: string;
  /** When the kubelet took the pod. */
  readonly startedAt: number;
  readonly now: number;
  /** The conditions as last written: their times stay as long as their status does. */
  readonly previous: readonly Condition[];
  readonly containers: readonly ContainerStatus[];
  readonly initContainers: readonly ContainerStatus[];
  /** Init containers that run as sidecars, by name: they need not end for the pod to be initialized. */
  readonly sidecars: ReadonlySet<string>;
  /** All containers have ended for good, because the pod is being deleted. */
  readonly ended: boolean;
}

/** The status that a kubelet would write. Pure: the same facts give the same status. */
export function podStatus(facts: PodFacts): PodStatus {
  const phase = podPhase(facts);
  const address = { podIP: facts.podIP, podIPs: [{ ip: facts.podIP }] };
  return {
    phase,
    startTime: kubeTime(facts.startedAt),
    hostIP: facts.hostIP,
    hostIPs: [{ ip: facts.hostIP }],
    ...address,
    conditions: conditions(facts, phase),
    containerStatuses: [...facts.containers],
    ...(facts.initContainers.length > 0 && { initContainerStatuses: [...facts.initContainers] }),
  };
}

/** The phase by the kubelet's rules: a container that waits to be restarted still counts as started. */
function podPhase(facts: PodFacts): Phase {
  const { pod, containers, ended } = facts;
  const exits = containers.map(exitCode);
  if (ended) return exits.every(code => code === 0) ? 'Succeeded' : 'Failed';
  const never = pod.spec.restartPolicy === 'Never';
  if (!isInitialized(facts)) {
    const failed = facts.initContainers.some(
      init => 'terminated' in init.state && init.state.terminated.exitCode !== 0,
    );
    return never && failed ? 'Failed' : 'Pending';
  }
  if (containers.some(container => 'waiting' in container.state && !container.lastState.terminated))
    return 'Pending';
  if (containers.some(container => 'running' in container.state || 'waiting' in container.state))
    return 'Running';
  if (pod.spec.restartPolicy === 'Always') return 'Running';
  if (exits.every(code => code === 0)) return 'Succeeded';
  return never ? 'Failed' : 'Running';
}

function exitCode(container: ContainerStatus): number | undefined {
  return 'terminated' in container.state ? container.state.terminated.exitCode : undefined;
}

function isInitialized({ initContainers, sidecars }: PodFacts): boolean {
  return initContainers.every(init => (sidecars.has(init.name) ? init.started : exitCode(init) === 0));
}

function conditions(facts: PodFacts, phase: Phase): Condition[] {
  const { pod, containers } = facts;
  const sidecars = facts.initContainers.filter(init => facts.sidecars.has(init.name));
  const unready = [...sidecars, ...containers]
    .filter(container => !container.ready)
    .map(container => container.name);
  const completed = { reason: 'PodCompleted' };
  const notReady =
    phase === 'Succeeded'
      ? completed
      : phase === 'Failed'
        ? { reason: 'PodFailed' }
        : unready.length > 0
          ? {
              reason: 'ContainersNotReady',
              message: `containers with unready status: [${unready.join(' ')}]`,
            }
          : undefined;
  const gates = (pod.spec.readinessGates ?? []).map(gate => gate.conditionType);
  const closed = gates.filter(
    gate =>
      !pod.status?.conditions?.some(condition => condition.type === gate && condition.status === 'True'),
  );
  const gated =
    closed.length > 0
      ? {
          reason: 'ReadinessGatesNotReady',
          message: `the status of pod readiness gates is not "True": [${closed.join(' ')}]`,
        }
      : undefined;
  const pending = facts.initContainers.filter(init => !sidecars.includes(init) && exitCode(init) !== 0);
  const uninitialized = isInitialized(facts)
    ? undefined
    : {
        reason: 'ContainersNotInitialized',
        message: `containers with incomplete status: [${pending.map(init => init.name).join(' ')}]`,
      };
  return [
    condition(facts, 'PodReadyToStartContainers', facts.ended ? {} : undefined),
    condition(
      facts,
      'Initialized',
      uninitialized ?? (phase === 'Succeeded' ? { ...completed, holds: true } : undefined),
    ),
    condition(facts, 'Ready', notReady ?? gated),
    condition(facts, 'ContainersReady', notReady),
    condition(facts, 'PodScheduled', undefined),
  ];
}

/** A condition that is true unless there is something against it; its time moves only with its status. */
function condition(
  facts: PodFacts,
  type: string,
  against: { reason?: string; message?: string; holds?: boolean } | undefined,
): Condition {
  const { holds = false, ...words } = against ?? {};
  const status = against && !holds ? 'False' : 'True';
  const before = facts.previous.find(previous => previous.type === type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : kubeTime(facts.now);
  return { type, status, lastTransitionTime, ...words };
}
