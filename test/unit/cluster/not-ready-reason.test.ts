import assert from 'node:assert/strict';
import { notReadyReason } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/not-ready-reason.ts';
import { deployment, pod, waitingPod, warning } from './deployments.ts';

const web = deployment('web');
const crashed = (exitCode: number, reason = 'Error') => ({ terminated: { exitCode, reason } });

describe('the reason why a Deployment is not ready', () => {
  it('is unknown where nothing tells', () => {
    assert.equal(notReadyReason(web, [], []), undefined);
    assert.equal(notReadyReason(web, [waitingPod('p', 'ContainerCreating', '')], []), undefined);
  });

  it('is that it is paused', () => {
    assert.match(notReadyReason({ ...web, spec: { paused: true } }, [], []) ?? '', /paused/);
  });

  it('is that no pod can be made, in the words of quota or admission', () => {
    const message = 'pods "web-1" is forbidden: exceeded quota: small';
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }];
    const failing = { ...web, status: { conditions } };
    assert.equal(notReadyReason(failing, [], []), `no pod can be made: ${message}`);
  });

  it('is an image that is not there', () => {
    const reason = notReadyReason(
      web,
      [waitingPod('p', 'ImagePullBackOff', 'Back-off pulling image "web:9"')],
      [],
    );
    assert.equal(
      reason,
      'pod p: container app has no image: ImagePullBackOff: Back-off pulling image "web:9"',
    );
    assert.match(
      notReadyReason(web, [waitingPod('p', 'ErrImagePull', 'not found')], []) ?? '',
      /ErrImagePull: not found/,
    );
  });

  it('is a configuration that is not there', () => {
    const reason = notReadyReason(
      web,
      [waitingPod('p', 'CreateContainerConfigError', 'secret "db" not found')],
      [],
    );
    assert.equal(
      reason,
      'pod p: container app can\'t be started: CreateContainerConfigError: secret "db" not found',
    );
  });

  it('is a crash, with exit code and restarts', () => {
    const looping = waitingPod('p', 'CrashLoopBackOff', 'back-off 10s', {
      restartCount: 4,
      lastState: crashed(1),
    });
    assert.equal(
      notReadyReason(web, [looping], []),
      'pod p: container app ends again and again (CrashLoopBackOff), exit code 1, 4 restarts',
    );
    const first = pod('p', { containerStatuses: [{ name: 'app', state: crashed(137), restartCount: 1 }] });
    assert.equal(notReadyReason(web, [first], []), 'pod p: container app ends, exit code 137, 1 restart');
  });

  it('is memory', () => {
    const killed = waitingPod('p', 'CrashLoopBackOff', '', {
      restartCount: 2,
      lastState: crashed(137, 'OOMKilled'),
    });
    assert.match(
      notReadyReason(web, [killed], []) ?? '',
      /more memory than its limit \(OOMKilled\), exit code 137, 2 restarts/,
    );
  });

  it('is an init container that fails, not one that has done its work', () => {
    const done = { name: 'prepare', state: crashed(0, 'Completed') };
    const failing = { name: 'migrate', state: crashed(2), restartCount: 0 };
    assert.equal(notReadyReason(web, [pod('p', { initContainerStatuses: [done] })], []), undefined);
    assert.match(
      notReadyReason(web, [pod('p', { initContainerStatuses: [done, failing] })], []) ?? '',
      /init container migrate ends, exit code 2/,
    );
  });

  it('is that no node takes it', () => {
    const conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: '0/3 nodes: Insufficient cpu',
      },
    ];
    assert.equal(
      notReadyReason(web, [pod('p', { conditions })], []),
      'pod p: no node takes it: Unschedulable: 0/3 nodes: Insufficient cpu',
    );
  });

  it('is a failing probe, or whatever else the latest warning says', () => {
    const waiting = pod('p', { containerStatuses: [{ name: 'app', state: { running: {} } }] });
    const early = warning('p', 'FailedMount', 'no such volume', { lastTimestamp: '2026-01-01T00:00:00Z' });
    const late = warning('p', 'Unhealthy', 'Readiness probe failed: HTTP 500', {
      lastTimestamp: '2026-01-01T00:01:00Z',
    });
    assert.equal(
      notReadyReason(web, [waiting], [early, late]),
      'pod p: its probe fails: Readiness probe failed: HTTP 500',
    );
    assert.equal(notReadyReason(web, [waiting], [early]), 'pod p: FailedMount: no such volume');
    const later = warning('p', 'Evicted', 'disk', { series: { lastObservedTime: '2026-01-01T00:02:00Z' } });
    assert.equal(notReadyReason(web, [waiting], [late, later]), 'pod p: Evicted: disk');
  });

  it('is not what happened to other pods, nor what is no warning', () => {
    const waiting = pod('p', {});
    const other = warning('q', 'Unhealthy', 'x');
    const before = warning('p', 'Unhealthy', 'x', { involvedObject: { name: 'p', uid: 'an older p' } });
    const normal = { ...warning('p', 'Pulled', 'x'), type: 'Normal' };
    assert.equal(notReadyReason(web, [waiting], [other, before, normal]), undefined);
  });

  it('is the gravest, and says how many pods share it', () => {
    const unschedulable = pod('a', {
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
    });
    const image = (name: string) => waitingPod(name, 'ErrImagePull', 'no');
    assert.equal(
      notReadyReason(web, [unschedulable, image('b'), image('c')], []),
      'pod b: container app has no image: ErrImagePull: no (and 1 more)',
    );
  });

  it('is not that of pods that are ready, ending, or of an older version', () => {
    const status = { containerStatuses: [{ name: 'app', state: crashed(1) }] };
    const ready = pod('a', { ...status, conditions: [{ type: 'Ready', status: 'True' }] });
    const ending = pod('b', status, { deletionTimestamp: 'now' });
    assert.equal(notReadyReason(web, [ready, ending], []), undefined);
    const old = pod('c', status, {
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'pod-template-hash': 'old' },
    });
    const young = pod(
      'd',
      {},
      { creationTimestamp: '2026-01-02T00:00:00Z', labels: { 'pod-template-hash': 'new' } },
    );
    assert.equal(notReadyReason(web, [old, young], []), undefined);
    const twin = pod('e', status, { ...young.metadata, labels: { 'pod-template-hash': 'newest' } });
    assert.match(notReadyReason(web, [old, young, twin], []) ?? '', /^pod /);
  });
});
