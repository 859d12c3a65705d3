import assert from 'node:assert/strict';
import { terminatedState } from '../../../rig/kubelet/end-container.ts';
import type { ContainerState, ContainerStatus, RestartPolicy, Terminated } from '../../../rig/kubelet/pod.ts';
import { type PodFacts, podStatus } from '../../../rig/kubelet/pod-status.ts';
import { sleepMs } from '../../../rig/kubelet/pre-stop.ts';

const started = '2026-01-01T00:00:00Z';
const ended = (exitCode: number): Terminated => ({
  exitCode,
  reason: exitCode === 0 ? 'Completed' : 'Error',
  startedAt: started,
  finishedAt: started,
  containerID: 'rig://1',
});
const running: ContainerState = { running: { startedAt: started } };
const waiting = (reason: string): ContainerState => ({ waiting: { reason } });

function container(
  name: string,
  state: ContainerState,
  more: Partial<ContainerStatus> = {},
): ContainerStatus {
  const ready = 'running' in state;
  return {
    name,
    image: 'x',
    imageID: '',
    ready,
    started: ready,
    restartCount: 0,
    state,
    lastState: {},
    ...more,
  };
}

function facts(
  containers: ContainerStatus[],
  more: Partial<PodFacts> = {},
  policy: RestartPolicy = 'Always',
): PodFacts {
  return {
    pod: { metadata: { name: 'p' }, spec: { restartPolicy: policy, containers: [] } },
    podIP: '10.244.0.1',
    hostIP: '127.0.0.1',
    startedAt: Date.parse(started),
    now: Date.parse('2026-01-01T00:01:00Z'),
    previous: [],
    containers,
    initContainers: [],
    sidecars: new Set(),
    ended: false,
    ...more,
  };
}

const phase = (given: PodFacts) => podStatus(given).phase;
const conditionOf = (given: PodFacts, type: string) =>
  podStatus(given).conditions?.find(condition => condition.type === type);

describe('the status of a pod', () => {
  it('has the phase that a kubelet would give it', () => {
    const crashing = container('app', waiting('CrashLoopBackOff'), { lastState: { terminated: ended(1) } });
    const over = (code: number) => container('app', { terminated: ended(code) });
    assert.equal(phase(facts([container('app', waiting('ContainerCreating'))])), 'Pending');
    assert.equal(
      phase(facts([container('app', running), container('b', waiting('ImagePullBackOff'))])),
      'Pending',
    );
    assert.equal(phase(facts([container('app', running)])), 'Running');
    assert.equal(phase(facts([crashing])), 'Running');
    assert.equal(phase(facts([over(1)])), 'Running');
    assert.equal(phase(facts([over(0)], {}, 'Never')), 'Succeeded');
    assert.equal(phase(facts([over(1)], {}, 'Never')), 'Failed');
    assert.equal(phase(facts([over(1)], {}, 'OnFailure')), 'Running');
    assert.equal(phase(facts([over(0)], { ended: true })), 'Succeeded');
    assert.equal(phase(facts([over(143)], { ended: true })), 'Failed');
  });

  it('stays pending until the init containers are done, where a sidecar is done when it has started', () => {
    const app = container('app', waiting('PodInitializing'));
    const busy = facts([app], { initContainers: [container('migrate', running)] });
    assert.equal(phase(busy), 'Pending');
    assert.deepEqual(
      conditionOf(busy, 'Initialized')?.message,
      'containers with incomplete status: [migrate]',
    );
    const failed = [container('migrate', { terminated: ended(1) })];
    assert.equal(phase(facts([app], { initContainers: failed }, 'Never')), 'Failed');
    const done = [container('migrate', { terminated: ended(0) }), container('proxy', running)];
    const serving = facts([container('app', running)], {
      initContainers: done,
      sidecars: new Set(['proxy']),
    });
    assert.equal(phase(serving), 'Running');
    assert.equal(conditionOf(serving, 'Initialized')?.status, 'True');
    assert.equal(conditionOf(serving, 'Ready')?.status, 'True');
  });

  it('names the containers that are not ready', () => {
    const given = facts([container('app', running, { ready: false }), container('b', running)]);
    assert.deepEqual(conditionOf(given, 'Ready'), {
      type: 'Ready',
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [app]',
      lastTransitionTime: '2026-01-01T00:01:00Z',
    });
    assert.equal(conditionOf(given, 'ContainersReady')?.status, 'False');
    assert.equal(conditionOf(given, 'PodScheduled')?.status, 'True');
  });

  it('is not ready while a readiness gate is closed, though its containers are', () => {
    const given = facts([container('app', running)]);
    const gated = {
      ...given.pod,
      spec: { ...given.pod.spec, readinessGates: [{ conditionType: 'example.com/gate' }] },
    };
    assert.equal(conditionOf({ ...given, pod: gated }, 'Ready')?.reason, 'ReadinessGatesNotReady');
    assert.equal(conditionOf({ ...given, pod: gated }, 'ContainersReady')?.status, 'True');
    const open = { type: 'example.com/gate', status: 'True', lastTransitionTime: started } as const;
    const opened = { ...gated, status: { conditions: [open] } };
    assert.equal(conditionOf({ ...given, pod: opened }, 'Ready')?.status, 'True');
  });

  it('keeps the time of a condition until its status changes', () => {
    const before = { type: 'Ready', status: 'True', lastTransitionTime: started } as const;
    const stays = facts([container('app', running)], { previous: [before] });
    assert.equal(conditionOf(stays, 'Ready')?.lastTransitionTime, started);
    const turns = facts([container('app', running, { ready: false })], { previous: [before] });
    assert.equal(conditionOf(turns, 'Ready')?.lastTransitionTime, '2026-01-01T00:01:00Z');
  });
});

describe('the end of a container', () => {
  const ending = { killed: false, startedAt: 0, finishedAt: 0, containerID: 'rig://1', message: '' };
  const end = (code: number | null, signal: NodeJS.Signals | null, killed = false) => {
    const { exitCode, reason } = terminatedState({ ...ending, exit: { code, signal }, killed });
    return [exitCode, reason];
  };

  it('tells the kernel’s kill for memory from the kubelet’s own', () => {
    assert.deepEqual(end(0, null), [0, 'Completed']);
    assert.deepEqual(end(1, null), [1, 'Error']);
    assert.deepEqual(end(null, 'SIGTERM'), [143, 'Error']);
    assert.deepEqual(end(137, null), [137, 'OOMKilled']);
    assert.deepEqual(end(null, 'SIGKILL'), [137, 'OOMKilled']);
    assert.deepEqual(end(null, 'SIGKILL', true), [137, 'Error']);
  });

  it('knows the hooks that only sleep', () => {
    assert.equal(sleepMs(['sleep', '5']), 5_000);
    assert.equal(sleepMs(['/bin/sleep', '0.5']), 500);
    assert.equal(sleepMs(['/bin/sh', '-c', 'sleep 10']), 10_000);
    assert.equal(sleepMs(['sh', '-c', 'sleep 1m']), 60_000);
    assert.equal(sleepMs(['nginx', '-s', 'quit']), undefined);
    assert.equal(sleepMs(['sh', '-c', 'sleep 5 && kill 1']), undefined);
  });
});
