import assert from 'node:assert/strict';
import { PodTrouble } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/pod-trouble.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { pod } from './deployments.ts';

interface State {
  readonly ready?: boolean;
  readonly restarts?: number;
  readonly state?: object;
  readonly last?: object;
}

function running(name: string, { ready = true, restarts = 0, state, last }: State = {}): KubeObject {
  return pod(name, {
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containerStatuses: [
      {
        name: 'app',
        restartCount: restarts,
        state: state ?? { running: {} },
        ...(last && { lastState: last }),
      },
    ],
  });
}
const ended = (exitCode: number, reason = 'Error') => ({ terminated: { exitCode, reason } });

/** What is said of two healthy pods once these changes have come in. */
function signAfter(...changes: readonly KubeObject[]): string | undefined {
  const trouble = new PodTrouble();
  trouble.seeAll([running('a'), running('b')]);
  for (const change of changes) trouble.see(change);
  return trouble.sign;
}

describe('the trouble of pods that have users', () => {
  it('is none while they are ready', () => {
    assert.equal(signAfter(), undefined);
    assert.equal(signAfter(running('a', { ready: false })), undefined, 'the other one serves');
  });

  it('is a crash loop of any of them', () => {
    const looping = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } };
    assert.equal(
      signAfter(running('a', { ready: false, restarts: 1, state: looping, last: ended(1) })),
      'pod a: container app ends again and again (CrashLoopBackOff), exit code 1, 1 restart',
    );
  });

  it('is memory over the limit, also where the container runs again', () => {
    const text =
      'pod a: container app was killed for using more memory than its limit (OOMKilled), exit code 137';
    const killed = ended(137, 'OOMKilled');
    assert.equal(signAfter(running('a', { ready: false, state: killed })), `${text}, 0 restarts`);
    assert.equal(signAfter(running('a', { restarts: 1, last: killed })), `${text}, 1 restart`);
  });

  it('is an image that is gone', () => {
    const gone = { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } };
    assert.match(
      signAfter(running('c', { ready: false, state: gone })) ?? '',
      /^pod c: container app has no image/,
    );
  });

  it('is the second restart, of whichever pod, and not the first', () => {
    assert.equal(signAfter(running('a', { restarts: 1, last: ended(1) })), undefined);
    assert.equal(
      signAfter(running('a', { restarts: 1, last: ended(1) }), running('b', { restarts: 1, last: ended(1) })),
      '2 restarts since it has traffic',
    );
  });

  it('counts no restart, and no memory, of before it looked', () => {
    const trouble = new PodTrouble();
    const old = running('a', { restarts: 7, last: ended(137, 'OOMKilled') });
    trouble.seeAll([old]);
    assert.equal(trouble.sign, undefined);
    trouble.seeAll([old]);
    assert.equal(trouble.sign, undefined, 'nor when the watch begins anew');
  });

  it('is that none is ready any more, with what is known of why', () => {
    const down = (name: string) => running(name, { ready: false });
    assert.equal(signAfter(down('a'), down('b')), 'none of 2 is ready');
    const crashed = running('b', { ready: false, state: ended(3) });
    assert.equal(
      signAfter(down('a'), crashed),
      'none of 2 is ready; pod b: container app ends, exit code 3, 0 restarts',
    );
    const trouble = new PodTrouble();
    trouble.seeAll([running('a')]);
    trouble.miss(running('a'));
    assert.equal(trouble.sign, 'no pod is left');
  });

  it('is not that pods which never were ready are not yet', () => {
    const trouble = new PodTrouble();
    trouble.seeAll([running('a', { ready: false })]);
    assert.equal(trouble.sign, undefined);
  });

  it('does not look at pods that are meant to end', () => {
    const ending = running('a', { ready: false, restarts: 5, last: ended(137, 'OOMKilled') });
    const deletionTimestamp = '2026-11-21T00:00:00Z';
    assert.equal(signAfter({ ...ending, metadata: { ...ending.metadata, deletionTimestamp } }), undefined);
  });
});
