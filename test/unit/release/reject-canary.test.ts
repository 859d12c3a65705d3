import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import {
  type ReleaseRecord,
  recordFor,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import {
  endWithoutCanary,
  rejectCanary,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/reject-canary.ts';
import { canaryPlan, deployment, doubles } from './doubles.ts';
import { claim, image } from './run.ts';

const options = { name: 'web', drain: Duration.seconds(30), rolloutTimeout: Duration.minutes(10) };
const plan = canaryPlan();

/** A canary as another run left it; `stable` is what stable runs by then. */
async function left(change: Partial<ReleaseRecord>, stable = 'app:1') {
  const ports = doubles();
  const [{ canary, services }] = plan.workloads;
  for (const object of [deployment('web', stable), canary, ...services]) await ports.cluster.apply(object);
  const record = { ...recordFor(claim, plan), weight: 25, ...change };
  ports.router.opened.push(...record.routes.map(({ twin }) => twin));
  return { ports, record };
}

describe('a canary that is rejected', () => {
  for (const [state, weight, share] of [
    ['parked', 25, ', which had 25 % of the requests,'],
    ['held', 0, ''],
    ['running', 10, ', which had 10 % of the requests,'],
  ] as const) {
    it(`is taken back where it was ${state}, and its share is told`, async () => {
      const { ports, record } = await left({ state, phase: 'stepping', weight });
      const ending = await rejectCanary(record, ports, { ...options, weight });
      assert.deepEqual(ending, {
        outcome: 'rejected',
        reason: `the canary of web${share} is gone: all requests go to stable`,
        weight: 0,
        leftovers: [],
      });
      assert.deepEqual(ports.router.calls, ['stop', 'close']);
      assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
    });
  }

  it('in the middle of its promotion keeps its share until stable is ready, and it is told that stable is new', async () => {
    const { ports, record } = await left({ phase: 'promoting' }, 'app:2');
    const stopped: boolean[] = [];
    ports.cluster.awaitReady = async () => void stopped.push(ports.router.calls.includes('stop'));
    const ending = await rejectCanary(record, ports, options);
    assert.deepEqual(stopped, [false]);
    assert.equal(ending.outcome, 'failed');
    assert.match(ending.reason, /^the promotion of web had begun: stable runs the new version/);
    assert.equal(image(ports, 'Deployment shop/web'), 'app:2');
  });

  it('in the middle of its promotion is rejected where stable was not touched yet', async () => {
    const { ports, record } = await left({ phase: 'promoting' });
    assert.equal((await rejectCanary(record, ports, options)).outcome, 'rejected');
  });

  it('succeeds where there is none', () => {
    const { outcome, reason } = endWithoutCanary('web');
    assert.deepEqual([outcome, reason], ['rejected', 'web had no canary: nothing was touched']);
  });
});
