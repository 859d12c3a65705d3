import { constants } from 'node:os';
import type { Child, Exit } from '../child.ts';
import type { ContainerHost } from './container-host.ts';
import { type ContainerSpec, kubeTime, type Terminated } from './pod.ts';
import { runPreStop } from './pre-stop.ts';

/** A hook that took all of the grace period leaves the process this much to end, as with the real kubelet. */
const leastGraceMs = 2_000;

/** Ends a container's process: preStop hook, SIGTERM, and SIGKILL when the grace period is over, the hook included. */
export async function endContainer(
  child: Child,
  spec: ContainerSpec,
  host: ContainerHost,
  graceMs: number,
): Promise<void> {
  const deadline = Date.now() + graceMs;
  const hook = spec.lifecycle?.preStop;
  if (hook && graceMs > 0) {
    const over = new AbortController();
    void child.exited.then(() => over.abort());
    const target = { address: host.address, podIP: host.podIP, container: spec };
    const problem = await runPreStop(hook, target, graceMs, over.signal);
    if (problem !== undefined) host.record('Warning', 'FailedPreStopHook', problem, spec.name);
  }
  await child.stop(Math.max(deadline - Date.now(), hook ? leastGraceMs : 0));
}

export interface Ending {
  readonly exit: Exit;
  /** A SIGKILL came from the kubelet itself. */
  readonly killed: boolean;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly containerID: string;
  /** The end of its log, when the container wants that as its message. */
  readonly message: string;
}

/** How a container's status tells its end. Pure. */
export function terminatedState(ending: Ending): Terminated {
  const { exit, message } = ending;
  const exitCode = exit.code ?? 128 + (exit.signal ? constants.signals[exit.signal] : 0);
  // Killed, and not by the kubelet: on a real node that is the kernel when memory is short.
  const outOfMemory = exitCode === 137 && !ending.killed;
  return {
    exitCode,
    reason: outOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
    ...(message && { message }),
    startedAt: kubeTime(ending.startedAt),
    finishedAt: kubeTime(ending.finishedAt),
    containerID: ending.containerID,
  };
}
