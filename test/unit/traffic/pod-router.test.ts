import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  asRecord,
  type KubeObject,
  type ObjectRef,
  refOf,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { SurgeLimit } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/pod-share.ts';
import type { PatchOperation } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { LeftoverRouter } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/leftover-router.ts';
import { PodRouter } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/pod-router.ts';
import { canaryPlan, MemoryCluster } from '../release/doubles.ts';

const service: ObjectRef = { apiVersion: 'v1', kind: 'Service', name: 'web', namespace: 'shop' };
const [planned] = canaryPlan().workloads;
const workload = { ...planned, canary: withLabels(planned.canary, { app: 'web' }) };
const canary = refOf(workload.canary);

function withLabels(deployment: KubeObject, labels: Record<string, string>): KubeObject {
  const template = { ...asRecord(valueAt(deployment, 'spec', 'template')), metadata: { labels } };
  return { ...deployment, spec: { ...asRecord(deployment.spec), template } };
}

/** Whose pods are ready as soon as they are asked for, but for those that a test keeps from it. */
class PodCluster extends MemoryCluster {
  readonly unready = new Map<string, number>();
  /** Answers that are lost although the write was carried out. */
  lostAnswers = 0;

  override async get(ref: ObjectRef): Promise<KubeObject | undefined> {
    const object = await super.get(ref);
    if (object === undefined) return undefined;
    const replicas = Number(valueAt(object, 'spec', 'replicas'));
    return { ...object, status: { readyReplicas: replicas - (this.unready.get(ref.name) ?? 0) } };
  }

  override async patch(ref: ObjectRef, operations: readonly PatchOperation[]): Promise<KubeObject> {
    const result = await super.patch(ref, operations);
    if (this.lostAnswers-- > 0) return super.patch(ref, operations);
    return result;
  }

  scale(ref: ObjectRef, replicas: number): Promise<KubeObject> {
    return super.patch(ref, [{ op: 'replace', path: '/spec/replicas', value: replicas }]);
  }
}

async function started(maxSurgePods: SurgeLimit = 'auto', stableReplicas = 4) {
  const cluster = new PodCluster();
  const made = (object: KubeObject, replicas: number) =>
    cluster.apply({
      ...object,
      metadata: { ...object.metadata, uid: `${object.metadata.name}-1` },
      spec: { ...asRecord(object.spec), replicas },
    });
  await made({ ...workload.canary, metadata: { name: 'web', namespace: 'shop' } }, stableReplicas);
  await made(workload.canary, 0);
  cluster.writes.length = 0;
  const stop = new AbortController();
  const routerOf = (run: string) =>
    new PodRouter({
      cluster,
      workloads: [{ ...workload, sharing: { services: [service], maxSurgePods } }],
      run,
      timeout: Duration.minutes(1),
      signal: stop.signal,
      onProgress: () => {},
    });
  const pods = () => Number(valueAt(cluster.objects.get('Deployment shop/web-canary'), 'spec', 'replicas'));
  const router = routerOf('run-1');
  await router.open();
  return { cluster, router, routerOf, stop, pods };
}

describe('the router by pods', () => {
  it('gives the canary as many pods as come closest, and says what was reached', async () => {
    const { cluster, router } = await started();
    assert.equal(cluster.writes.length, 0, 'without a pod there is nothing to open');
    await router.setWeight(Weight.of(25));
    assert.deepEqual(router.shares, [{ workload: 'web', canary: 1, all: 5 }]);
    await router.setWeight(Weight.of(50));
    assert.deepEqual(router.shares, [{ workload: 'web', canary: 4, all: 8 }]);
    assert.deepEqual(
      cluster.writes.map(write => write.replace(/ \/metadata\S+,/, ' ')),
      [
        'patch Deployment shop/web-canary /spec/replicas=1',
        'patch Deployment shop/web-canary /spec/replicas=4',
      ],
    );
  });

  it('counts anew from the pods that stable has then', async () => {
    const { cluster, router, pods } = await started();
    await router.setWeight(Weight.of(20));
    await cluster.scale({ ...canary, name: 'web' }, 12);
    await router.setWeight(Weight.of(24));
    assert.equal(pods(), 4);
    cluster.unready.set('web', 8);
    await router.setWeight(Weight.of(25));
    assert.equal(pods(), 1, 'pods of stable that are not ready share no requests');
  });

  it('takes no pod that is not ready for a share, and none at all for no success', async () => {
    const { cluster, router } = await started();
    cluster.unready.set('web-canary', 3);
    await router.setWeight(Weight.of(50));
    assert.deepEqual(router.shares, [{ workload: 'web', canary: 1, all: 5 }]);
    cluster.unready.set('web-canary', 4);
    await assert.rejects(router.setWeight(Weight.of(51)), /web-canary has no ready pod/);
  });

  it('keeps the pods that promotion has made, whatever 100 % takes', async () => {
    const { cluster, router, pods } = await started(2);
    await router.setWeight(Weight.of(50));
    assert.equal(pods(), 2);
    await cluster.scale(canary, 4);
    await router.setWeight(Weight.all);
    assert.equal(pods(), 4);
  });

  it('refuses to go on where somebody else scales the canary, as one that was thawed finds it', async () => {
    const { cluster, router, pods } = await started();
    await router.setWeight(Weight.of(25));
    await cluster.scale(canary, 0);
    await assert.rejects(router.setWeight(Weight.of(50)), (error: CanaryError) => {
      assert.equal(error.code, 'CLUSTER_CONFLICT');
      assert.match(error.sentence, /^Somebody else changed .*: expected 1 replicas, found 0\./);
      return true;
    });
    await assert.rejects(router.setWeight(Weight.all), /Somebody else changed/);
    assert.equal(pods(), 0);
  });

  it('knows a write that was done although its answer was lost', async () => {
    const { cluster, router, pods } = await started();
    cluster.lostAnswers = 1;
    await router.setWeight(Weight.of(50));
    assert.equal(pods(), 4);
  });

  it('writes nothing once the release is over', async () => {
    const { cluster, router, stop } = await started();
    stop.abort();
    await router.setWeight(Weight.of(50)).catch(() => {});
    assert.deepEqual(cluster.writes, []);
  });

  it('goes on with what another process began, which then writes no more', async () => {
    const { router, routerOf, pods } = await started();
    await router.setWeight(Weight.of(25));
    const heir = routerOf('run-2');
    assert.equal((await heir.rejoin()).percent, 25);
    await assert.rejects(router.setWeight(Weight.of(50)), (error: CanaryError) => {
      assert.match(error.sentence, /^Somebody else changed .*: expected run undefined, found run run-2/);
      return true;
    });
    assert.equal(pods(), 1);
    await heir.setWeight(Weight.of(50));
    assert.equal(pods(), 4);
    await heir.stop();
    assert.equal(
      (await routerOf('run-3').rejoin()).percent,
      0,
      'what is stopped has no weight, whatever it had',
    );
  });

  it('goes on with no canary that is gone, or of another release', async () => {
    const { cluster, routerOf } = await started();
    await cluster.patch(canary, [{ op: 'replace', path: '/metadata/labels', value: {} }]);
    await assert.rejects(routerOf('run-2').rejoin(), /Somebody else changed/);
    await cluster.delete(canary);
    await assert.rejects(routerOf('run-2').rejoin(), /is gone/);
  });

  it('stands on its Services and on the number of its pods, which is only ours to change', async () => {
    const { router } = await started();
    await router.setWeight(Weight.of(50));
    const [size, shared] = router.footing();
    assert.deepEqual([size?.ref, shared?.ref], [canary, service]);
    const sized = (replicas: number) => size?.check({ ...workload.canary, spec: { replicas } });
    assert.deepEqual([sized(4), sized(0)], [undefined, undefined], 'a watch may lag behind us');
    assert.match(sized(5) ?? '', /web-canary was scaled to 5: its pods are its share/);
    const selecting = (selector: Record<string, string>) =>
      shared?.check({ ...service, metadata: { name: 'web', namespace: 'shop' }, spec: { selector } });
    assert.equal(selecting({ app: 'web' }), undefined);
    assert.match(
      selecting({ app: 'api' }) ?? '',
      /Service shop\/web does not select the canary's pods any more/,
    );
    assert.match(shared?.check(undefined) ?? '', /was deleted/);
  });

  const stops = [
    { who: 'it', stopOf: ({ router }: Awaited<ReturnType<typeof started>>) => router },
    {
      who: 'whoever comes after it',
      stopOf: ({ cluster }: Awaited<ReturnType<typeof started>>) =>
        new LeftoverRouter(cluster, [{ twin: canary }]),
    },
  ];
  for (const { who, stopOf } of stops) {
    it(`is stopped by ${who} with one write, and the canary is left to who removes it`, async () => {
      const scene = await started();
      await scene.router.setWeight(Weight.of(50));
      scene.cluster.writes.length = 0;
      const router = stopOf(scene);
      await router.stop();
      assert.equal(scene.pods(), 0);
      assert.deepEqual(await router.close(), []);
      assert.deepEqual(scene.cluster.writes, ['patch Deployment shop/web-canary /spec/replicas=0']);
    });

    it(`is stopped by ${who} also where the canary is gone`, async () => {
      const scene = await started();
      await scene.cluster.delete(canary);
      scene.cluster.writes.length = 0;
      await stopOf(scene).stop();
      assert.deepEqual(scene.cluster.writes, ['patch Deployment shop/web-canary /spec/replicas=0']);
      assert.equal(await scene.cluster.get(canary), undefined, 'it is not made again');
    });
  }
});
