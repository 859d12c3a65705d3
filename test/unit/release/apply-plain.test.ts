import assert from 'node:assert/strict';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  type KubeObject,
  nameOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { ApplyPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { deployment, doubles, spec } from './doubles.ts';
import { run } from './run.ts';

const settings: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
};
const base = { spec, name: 'web', namespace: 'shop', notes: [], remarks: [] };
/** A new ConfigMap, and a Deployment that changes. */
const change: ApplyPlan = {
  ...base,
  kind: 'apply-only',
  objects: [
    { object: settings, isNew: true },
    { object: deployment('web', 'app:1', { minReadySeconds: 5 }), isNew: false },
  ],
};

describe('a release that has nothing to put on trial', () => {
  it('is applied in the order of the plan, and told', async () => {
    const ports = doubles();
    const ending = await run(ports, change);
    assert.equal(ending.outcome, 'promoted');
    assert.deepEqual(ports.cluster.writes, ['apply ConfigMap shop/settings', 'apply Deployment shop/web']);
    assert.deepEqual(
      ports.pipeline.events.flatMap(event =>
        event.type === 'applied' ? [`${nameOf(event.object)} ${event.note}`] : [],
      ),
      ['ConfigMap shop/settings new', 'Deployment shop/web changed'],
    );
    assert.equal(ports.lock.released, true);
  });

  it('keeps a Mapping apart from one in an annotation, which Emissary would lose', async () => {
    const ports = doubles();
    const times: number[] = [];
    ports.cluster.beforeWrite = () => {
      times.push(ports.clock.now());
    };
    const annotations = { 'getambassador.io/config': 'kind: Mapping' };
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { ...settings.metadata, annotations } };
    const mapping = { ...settings, apiVersion: 'getambassador.io/v3alpha1', kind: 'Mapping' };
    const objects = [service, settings, mapping].map(object => ({ object, isNew: true }));
    await run(ports, { ...change, objects });
    const [first = 0, second = 0, third = 0] = times;
    assert.deepEqual([second - first, third - second >= 2000], [0, true]);
  });

  it('waits for its Deployments only, for as long as it may', async () => {
    const ports = doubles();
    const awaited: string[] = [];
    ports.cluster.awaitReady = async (workloads, { timeout }) => {
      awaited.push(`${workloads.map(nameOf)} for ${timeout}`);
    };
    const foreign = { ...deployment('odd', 'app:1'), apiVersion: 'example.com/v1' };
    await run(ports, { ...change, objects: [...change.objects, { object: foreign, isNew: true }] });
    assert.deepEqual(awaited, ['Deployment shop/web for 10m']);
  });

  it('waits for nothing where there is no Deployment', async () => {
    const ports = doubles();
    ports.cluster.awaitReady = () => assert.fail('there is nothing to wait for');
    const ending = await run(ports, { ...change, objects: change.objects.slice(0, 1) });
    assert.equal(ending.outcome, 'promoted');
    assert.equal(
      ports.pipeline.events.some(({ type }) => type === 'ready'),
      false,
    );
  });

  it('takes back what it made where it can not go on, and leaves what was there before', async () => {
    const ports = doubles();
    ports.cluster.neverReady.add('web');
    const ending = await run(ports, change);
    assert.equal(ending.outcome, 'rolled-back');
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
    assert.deepEqual(ending.leftovers, []);
  });

  it('names what it could not take back, and keeps the lock for who comes next', async () => {
    const ports = doubles();
    ports.cluster.neverReady.add('web');
    ports.cluster.beforeWrite = write => {
      if (write.startsWith('delete')) throw new CanaryError('CLUSTER_FORBIDDEN', 'may not');
    };
    const ending = await run(ports, change);
    assert.deepEqual(ending.leftovers, ['ConfigMap shop/settings could not be removed: may not']);
    assert.equal(ports.lock.released, false);
  });

  it('is cancelled as such, and does not wait any longer', async () => {
    const ports = doubles();
    let told: boolean | undefined;
    ports.cluster.awaitReady = async (_, { signal }) => {
      ports.pipeline.cancel();
      told = signal?.aborted;
      throw new CanaryError('CANCELLED', 'Cancelled while waiting for web');
    };
    const ending = await run(ports, change);
    assert.equal(told, true);
    assert.equal(ending.outcome, 'cancelled');
    assert.equal(ports.cluster.objects.has('ConfigMap shop/settings'), false);
  });

  it('writes nothing more once another run has the lock, and keeps off it', async () => {
    const ports = doubles();
    let told: boolean | undefined;
    ports.cluster.awaitReady = async (_, { signal }) => {
      ports.lock.lose();
      told = signal?.aborted;
      throw new CanaryError('CANCELLED', 'Cancelled while waiting for web');
    };
    const ending = await run(ports, change);
    assert.equal(told, true);
    assert.equal(ending.outcome, 'failed');
    assert.ok(ports.cluster.objects.has('ConfigMap shop/settings'));
    assert.equal(ports.lock.released, false);
  });

  for (const [what, end] of [
    ['cancelled', 'cancel'],
    ['taken over', 'lose'],
  ] as const) {
    it(`applies nothing more once it is ${what}`, async () => {
      const ports = doubles();
      ports.cluster.beforeWrite = () => (end === 'cancel' ? ports.pipeline.cancel() : ports.lock.lose());
      await run(ports, change);
      assert.ok(!ports.cluster.writes.includes('apply Deployment shop/web'));
    });
  }

  it('says that the lock could not be released, where that is all that went wrong', async () => {
    const ports = doubles();
    ports.lock.release = async () => {
      throw new CanaryError('CLUSTER_UNREACHABLE', 'no answer');
    };
    const ending = await run(ports, change);
    assert.equal(ending.outcome, 'promoted');
    assert.deepEqual(ending.leftovers, ['The lock could not be released: no answer']);
  });
});
