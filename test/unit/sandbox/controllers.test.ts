import assert from 'node:assert/strict';
import type { Registry } from '../../../sandbox/api-server/registry.ts';
import { resourceOf } from '../../../sandbox/api-server/resources.ts';
import { Controllers } from '../../../sandbox/controllers/controllers.ts';
import { isOwnedBy, isServing } from '../../../sandbox/controllers/owned.ts';
import { at, type JsonObject, type KubeObject, objectsAt } from '../../../sandbox/objects.ts';
import { seededRandom } from '../../../sandbox/random.ts';
import { namespace, newRegistry, place, webDeployment } from './objects.ts';

const key = place('apps/v1', 'Deployment', 'web');
const pods = resourceOf('v1', 'Pod');

describe('the controllers of the sandbox', () => {
  let registry: Registry;
  let controllers: Controllers;

  beforeEach(() => {
    registry = newRegistry();
    controllers = new Controllers(registry, { random: seededRandom(1), readyMs: 30, stopMs: 20 });
  });
  afterEach(() => controllers.stop());

  const apply = (container: JsonObject, spec: JsonObject = {}) =>
    registry.apply(key, webDeployment(container, spec), { manager: 'test', force: true });
  const deployment = () => registry.get(key);
  const livePods = () => registry.store.list(pods, namespace);
  const imageOf = (pod: KubeObject) => objectsAt(pod, 'spec', 'containers')[0]?.image;
  const stateOf = (pod: KubeObject) => at(objectsAt(pod, 'status', 'containerStatuses')[0], 'state');
  const condition = (type: string) =>
    objectsAt(deployment(), 'status', 'conditions').find(candidate => candidate.type === type);

  /** Looks after each change until something holds, for at most five seconds. */
  async function until(holds: () => boolean, what: string): Promise<void> {
    const end = Date.now() + 5_000;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`${what}, but ${JSON.stringify(deployment().status)}`);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }

  const rolledOut = () =>
    at(deployment(), 'status', 'observedGeneration') === deployment().metadata.generation &&
    at(deployment(), 'status', 'updatedReplicas') === 2 &&
    at(deployment(), 'status', 'availableReplicas') === 2 &&
    at(deployment(), 'status', 'replicas') === 2;

  it('bring a Deployment to ready pods, and say so in the words of the real ones', async () => {
    apply({});
    await until(rolledOut, 'two pods should be available');
    const [set] = registry.store.list(resourceOf('apps/v1', 'ReplicaSet'), namespace);
    assert.ok(set && isOwnedBy(set, deployment()) && livePods().every(pod => isOwnedBy(pod, set)));
    assert.equal(deployment().metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
    const { lastUpdateTime, lastTransitionTime, ...progressing } = condition('Progressing') ?? {};
    assert.deepEqual(progressing, {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${set.metadata.name}" has successfully progressed.`,
    });
    assert.equal(condition('Available')?.reason, 'MinimumReplicasAvailable');
  });

  it('replace the pods within the bounds of the rolling update', async () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    apply({}, { strategy });
    await until(rolledOut, 'two pods should be available');
    let fewest = Number.POSITIVE_INFINITY;
    const unsubscribe = registry.store.subscribe(() => {
      fewest = Math.min(fewest, livePods().filter(isServing).length);
    });
    apply({ image: 'repo/web:2.0.0' }, { strategy });
    await until(
      () => rolledOut() && livePods().every(pod => imageOf(pod) === 'repo/web:2.0.0'),
      'all pods should be new',
    );
    unsubscribe();
    assert.equal(fewest, 2);
    assert.equal(deployment().metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
  });

  it('end all old pods before the first new one with Recreate', async () => {
    apply({}, { strategy: { type: 'Recreate' } });
    await until(rolledOut, 'two pods should be available');
    let mixed = false;
    const unsubscribe = registry.store.subscribe(() => {
      mixed ||= new Set(livePods().map(imageOf)).size > 1;
    });
    apply({ image: 'repo/web:2.0.0' }, { strategy: { type: 'Recreate' } });
    await until(
      () => rolledOut() && livePods().every(pod => imageOf(pod) === 'repo/web:2.0.0'),
      'all pods should be new',
    );
    unsubscribe();
    assert.equal(mixed, false);
  });

  it('take an old ReplicaSet again for a template that was there before', async () => {
    apply({});
    await until(rolledOut, 'two pods should be available');
    apply({ image: 'repo/web:2.0.0' });
    await until(rolledOut, 'two new pods should be available');
    apply({});
    await until(
      () => rolledOut() && livePods().every(pod => imageOf(pod) === 'repo/web:1.0.0'),
      'old pods should be back',
    );
    assert.equal(registry.store.list(resourceOf('apps/v1', 'ReplicaSet'), namespace).length, 2);
    assert.equal(deployment().metadata.annotations?.['deployment.kubernetes.io/revision'], '3');
  });

  const fates: [tag: string, reason: string, event: string][] = [
    ['missing', 'ImagePullBackOff', 'Failed'],
    ['crash', 'CrashLoopBackOff', 'BackOff'],
  ];
  for (const [tag, reason, event] of fates) {
    it(`show ${reason} for an image tagged ${tag}, with an event`, async () => {
      apply({ image: `repo/web:1-${tag}` });
      const isThere = () => livePods().some(pod => at(stateOf(pod), 'waiting', 'reason') === reason);
      await until(isThere, `a pod should be in ${reason}`);
      const events = registry.store.list(resourceOf('v1', 'Event'), namespace);
      assert.ok(
        events.some(noted => noted.reason === event && at(noted, 'involvedObject', 'kind') === 'Pod'),
      );
      assert.equal(at(deployment(), 'status', 'availableReplicas'), undefined);
    });
  }

  it('leave pods of an image tagged never-ready running but unready', async () => {
    apply({ image: 'repo/web:1-never-ready' }, { progressDeadlineSeconds: 1 });
    await until(() => livePods().some(pod => at(stateOf(pod), 'running') !== undefined), 'pods should run');
    await until(
      () => condition('Progressing')?.reason === 'ProgressDeadlineExceeded',
      'the deadline should be noticed',
    );
    assert.equal(condition('Progressing')?.status, 'False');
    assert.equal(livePods().filter(isServing).length, 0);
  });

  it('delete what a Deployment owns: after it, or before it where the deletion is in the foreground', async () => {
    for (const propagationPolicy of ['Background', 'Foreground'] as const) {
      apply({});
      await until(rolledOut, 'two pods should be available');
      registry.delete(key, { propagationPolicy });
      const isThere = () => registry.store.get(key.resource, namespace, 'web') !== undefined;
      assert.equal(isThere(), propagationPolicy === 'Foreground');
      let podsOutlivedIt = false;
      const unsubscribe = registry.store.subscribe(() => {
        podsOutlivedIt ||= !isThere() && livePods().length > 0;
      });
      const end = Date.now() + 5_000;
      while ((isThere() || livePods().length > 0) && Date.now() < end) {
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      unsubscribe();
      assert.equal(livePods().length, 0);
      assert.equal(podsOutlivedIt, propagationPolicy === 'Background');
    }
  });

  it('scale at once, up and down', async () => {
    apply({});
    await until(rolledOut, 'two pods should be available');
    for (const replicas of [5, 1]) {
      registry.update(key, live => ({ ...live, spec: { ...(live.spec as object), replicas } }), {
        manager: 'test',
      });
      await until(
        () => at(deployment(), 'status', 'availableReplicas') === replicas,
        `${replicas} should be available`,
      );
    }
    assert.equal(livePods().filter(isServing).length, 1);
  });
});
