import assert from 'node:assert/strict';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { ReleaseContext } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/release-context.ts';
import { canaryPlan, doubles } from './doubles.ts';
import { claim, run } from './run.ts';

/** Long enough for everything else to go on meanwhile, and no time by any clock. */
async function later(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await undefined;
}

describe('a request that is under way when the release has to end', () => {
  it('leaves no object behind where another that was made beside it is refused', async () => {
    const ports = doubles();
    const apply = ports.cluster.apply.bind(ports.cluster);
    ports.cluster.apply = async object => {
      if (object.kind === 'Service') throw new CanaryError('CLUSTER_FORBIDDEN', 'quota');
      if (object.metadata.name === 'web-canary') await later();
      return apply(object);
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'rolled-back');
    assert.ok(ports.cluster.writes.includes('apply Deployment shop/web-canary'), 'it was made all the same');
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
    assert.deepEqual(ending.leftovers, []);
  });

  it('gives the canary no weight after the stop', async () => {
    const ports = doubles();
    const { setWeight } = ports.router;
    ports.router.setWeight = async weight => {
      ports.pipeline.cancel();
      await later();
      await setWeight.call(ports.router, weight);
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'cancelled');
    assert.deepEqual(ports.router.calls, ['open', 'stop', 'weight 10', 'stop', 'close']);
  });

  it('troubles nobody when it fails in the end', async () => {
    const ports = doubles();
    ports.router.setWeight = async () => {
      ports.pipeline.cancel();
      await later();
      throw new Error('nobody waits for this any more');
    };
    assert.equal((await run(ports)).outcome, 'cancelled');
    await new Promise(resolve => setTimeout(resolve, 5));
  });
});

describe('work that is begun when the release is over already', () => {
  it('is not waited for, and troubles nobody when it fails', async () => {
    const ports = doubles();
    const plan = canaryPlan();
    const context = new ReleaseContext(plan, ports, recordFor(claim, plan));
    ports.pipeline.cancel();
    await assert.rejects(context.while(Promise.reject(new Error('nobody waits for this'))), {
      code: 'CANCELLED',
    });
    await new Promise(resolve => setTimeout(resolve, 5));
  });
});
