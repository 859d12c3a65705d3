import assert from 'node:assert/strict';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import { restoreCapacity } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/keep-capacity.ts';
import {
  asRecord,
  type KubeObject,
  refOf,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { CapacityHold } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { canaryPlan, type Doubles, doubles, failing } from './doubles.ts';
import { run } from './run.ts';

const hpa = (minReplicas?: number): KubeObject => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { maxReplicas: 9, ...(minReplicas !== undefined && { minReplicas }) },
});
const name = 'HorizontalPodAutoscaler shop/web';
const hold: CapacityHold = { autoscaler: refOf(hpa()), field: 'minReplicas', raised: 4, was: 2 };

async function withHpa(minReplicas?: number): Promise<Doubles> {
  const ports = doubles();
  await ports.cluster.apply(hpa(minReplicas));
  return ports;
}
const minimum = ({ cluster }: Doubles) => valueAt(cluster.objects.get(name), 'spec', 'minReplicas');
/** As somebody else sets it. */
function set({ cluster }: Doubles, minReplicas: number): void {
  const live = cluster.objects.get(name) ?? hpa();
  cluster.objects.set(name, {
    ...live,
    metadata: { ...live.metadata, resourceVersion: `${live.metadata.resourceVersion}, moved` },
    spec: { ...asRecord(live.spec), minReplicas },
  });
}

describe('the minimum of an autoscaler', () => {
  it('is raised before anything else, after the record says so, and is as before at the end', async () => {
    const ports = await withHpa(2);
    ports.cluster.beforeWrite = write => {
      if (write.startsWith(`patch ${name}`)) return;
      if (write === 'apply Deployment shop/web') return;
      assert.equal(minimum(ports), 4, write);
    };
    const { outcome } = await run(ports, canaryPlan({ capacity: [hold] }));
    assert.equal(outcome, 'promoted');
    assert.deepEqual(ports.lock.records[0]?.capacity, [hold]);
    assert.equal(ports.cluster.writes[0], `patch ${name} /spec/minReplicas=4`);
    assert.equal(ports.cluster.writes.at(-1), `patch ${name} /spec/minReplicas=2`);
    assert.equal(minimum(ports), 2);
  });

  it('is as before only when autoscalers can have seen that stable is busy again', async () => {
    for (const rounds of [[[failing]], undefined]) {
      const ports = await withHpa(2);
      if (rounds !== undefined) ports.metrics.rounds = rounds;
      let stoppedAt = Number.NaN;
      const { stop } = ports.router;
      ports.router.stop = () => {
        stoppedAt = ports.clock.now();
        return stop.call(ports.router);
      };
      await run(ports, canaryPlan({ capacity: [hold] }));
      assert.equal(minimum(ports), 2);
      assert.equal(ports.clock.now() - stoppedAt, 45_000);
    }
  });

  it('is as before at once where the step is cancelled, which has no time', async () => {
    const ports = await withHpa(2);
    let cancelledAt = 0;
    ports.clock.onSleep = now => {
      if (now < 30_000 || cancelledAt > 0) return;
      cancelledAt = now;
      ports.pipeline.cancel();
    };
    const { outcome } = await run(ports, canaryPlan({ capacity: [hold] }));
    assert.equal(outcome, 'cancelled');
    assert.equal(minimum(ports), 2);
    assert.ok(ports.clock.now() - cancelledAt < 7_500);
  });

  it('is as before after a rollback, also where there was none', async () => {
    const ports = await withHpa();
    ports.metrics.rounds = [[failing]];
    const { was: _, ...unset } = hold;
    const { outcome, leftovers } = await run(ports, canaryPlan({ capacity: [unset] }));
    assert.deepEqual([outcome, leftovers], ['rolled-back', []]);
    assert.equal(minimum(ports), undefined);
  });

  it('is restored to what it was when it was raised, not to what it was when the plan was made', async () => {
    const ports = await withHpa(2);
    set(ports, 3);
    await run(ports, canaryPlan({ capacity: [hold] }));
    assert.equal(minimum(ports), 3);
  });

  it('is left alone where somebody has raised it meanwhile, and not restored either', async () => {
    const ports = await withHpa(6);
    await run(ports, canaryPlan({ capacity: [hold] }));
    assert.equal(minimum(ports), 6);
    assert.deepEqual(
      ports.cluster.writes.filter(write => write.includes(name)),
      [],
    );
  });

  it('stays as a person changes it during the release, who is told what it was', async () => {
    const ports = await withHpa(2);
    ports.clock.onSleep = () => set(ports, 7);
    const { outcome, leftovers } = await run(ports, canaryPlan({ capacity: [hold] }));
    assert.deepEqual([outcome, leftovers], ['promoted', []]);
    assert.equal(minimum(ports), 7);
    const told = ports.pipeline.events.flatMap(event => (event.type === 'warning' ? [event.text] : []));
    assert.deepEqual(told, [
      `${name} was changed during the release and keeps its minReplicas of 7; before, it was 2`,
    ]);
  });

  it('is raised again after a conflict, for the autoscaler writes its status all the time', async () => {
    const ports = await withHpa(2);
    let moves = 3;
    ports.cluster.beforeWrite = write => {
      if (write === `patch ${name} /spec/minReplicas=4` && moves-- > 0) set(ports, 2);
    };
    await run(ports, canaryPlan({ capacity: [hold] }));
    assert.equal(moves, -1);
    assert.equal(minimum(ports), 2);
  });

  it('is the one of the manifests where these set it, although it is as high as ours', async () => {
    const ports = await withHpa(2);
    await run(ports, canaryPlan({ capacity: [hold], rest: [hpa(4)] }));
    assert.equal(minimum(ports), 4);
    assert.deepEqual(ports.lock.records.at(-1)?.capacity, []);
  });

  it('that can not be restored is a leftover that says what to set', async () => {
    const ports = await withHpa(4);
    ports.cluster.beforeWrite = () => {
      throw new CanaryError('CLUSTER_FORBIDDEN', 'not allowed');
    };
    const removal = { cluster: ports.cluster, tell: () => {} };
    assert.deepEqual(await restoreCapacity(removal, [hold]), [
      `${name} still has minReplicas 4 instead of 2: not allowed`,
    ]);
    // Never raised, because the run died before: nothing to restore.
    set(ports, 2);
    assert.deepEqual(await restoreCapacity(removal, [hold]), []);
  });
});
