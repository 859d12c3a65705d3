import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { takeBack } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/take-back.ts';
import { canaryPlan, doubles } from './doubles.ts';
import { claim } from './run.ts';

const plan = canaryPlan();
const record = { ...recordFor(claim, plan), weight: 50 };
const options = { reason: 'why', drain: Duration.seconds(30), hurry: false };
const refused = () => Promise.reject(new CanaryError('CLUSTER_FORBIDDEN', 'may not'));

/** A canary with pods and Service, at 50 %. */
async function scene() {
  const ports = doubles();
  const [{ canary, services }] = plan.workloads;
  for (const object of [canary, ...services]) await ports.cluster.apply(object);
  ports.cluster.writes.length = 0;
  return ports;
}

describe('taking a canary back', () => {
  it('stops before it says or writes anything', async () => {
    const ports = await scene();
    const { stop } = ports.router;
    ports.router.stop = async () => {
      assert.deepEqual([ports.pipeline.events, ports.lock.records, ports.cluster.writes], [[], [], []]);
      await stop.call(ports.router);
    };
    assert.deepEqual(await takeBack(record, ports, options), { weight: 0, leftovers: [] });
    assert.equal(ports.cluster.objects.size, 0);
  });

  it('goes on where the record can not be written, and says so', async () => {
    const ports = await scene();
    ports.lock.write = refused;
    const { weight, leftovers } = await takeBack(record, ports, options);
    assert.equal(weight, 0);
    assert.deepEqual(leftovers, ['The record could not be written: may not']);
    assert.equal(ports.cluster.objects.size, 0);
  });

  it('keeps the pods behind a route that could not be removed, for requests may still come', async () => {
    const ports = await scene();
    ports.router.close = refused;
    const { weight, leftovers } = await takeBack(record, ports, options);
    assert.equal(weight, 0);
    assert.deepEqual(leftovers, ['The canary route could not be removed: may not']);
    assert.deepEqual(ports.cluster.writes, []);
  });

  it('keeps the weight in the record and in what it returns where the stop fails', async () => {
    const ports = await scene();
    ports.router.stopFails = true;
    const { weight, leftovers } = await takeBack(record, ports, options);
    assert.equal(weight, 50);
    assert.deepEqual(leftovers, ['Traffic could not be taken off the canary: no answer']);
    assert.equal(ports.lock.records.at(-1)?.weight, 50);
    assert.deepEqual(ports.router.calls, []);
  });

  it('leaves the rest to another run that has taken the lock meanwhile, for it may be its own canary by now', async () => {
    const ports = await scene();
    ports.clock.onSleep = () => ports.lock.lose();
    const { weight, leftovers } = await takeBack(record, ports, options);
    assert.equal(weight, 0);
    assert.match(leftovers.join(), /^Another run has taken over/);
    assert.deepEqual(ports.router.calls, ['stop']);
    assert.deepEqual(ports.cluster.writes, []);
  });

  it('waits for requests in flight for the whole drain, and counts what there was', async () => {
    const ports = await scene();
    ports.metrics.isIdle = async () => false;
    await takeBack(record, ports, options);
    assert.equal(ports.clock.now(), 30_000);
    assert.ok(ports.pipeline.events.some(({ type }) => type === 'counted'));
  });

  it('waits for 4 s at most in a hurry, and counts nothing, for the agent gives it 7.5 s in all', async () => {
    const ports = await scene();
    ports.metrics.isIdle = async () => false;
    ports.metrics.total = () => new Promise(() => {});
    await takeBack(record, ports, { ...options, hurry: true });
    assert.equal(ports.clock.now(), 4_000);
    assert.equal(ports.cluster.objects.size, 0);
  });

  it('waits no longer in a hurry than it would otherwise', async () => {
    const ports = await scene();
    ports.metrics.isIdle = async () => false;
    await takeBack(record, ports, { ...options, hurry: true, drain: Duration.seconds(2) });
    assert.equal(ports.clock.now(), 2_000);
  });
});
