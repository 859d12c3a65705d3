import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import {
  type ReleaseRecord,
  recordFor,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { runRelease } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/run-release.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { canaryPlan, deployment, doubles, failing, passing, spec, unclear } from './doubles.ts';
import { claim, image, run } from './run.ts';

const plan = canaryPlan({ spec: { ...spec, action: 'deploy' } });

describe('a deploy', () => {
  it('goes to its weights and leaves the canary there, with a record that nobody holds', async () => {
    const ports = doubles();
    const ending = await run(ports, plan);
    assert.deepEqual(ending, {
      outcome: 'live',
      reason: 'web passed 10 %, 50 %, and its canary stays at 50 %',
      weight: 50,
      leftovers: [],
    });
    assert.deepEqual(ports.router.calls, ['open', 'weight 10', 'weight 50']);
    assert.equal(image(ports, 'Deployment shop/web'), 'app:1');
    assert.equal(image(ports, 'Deployment shop/web-canary'), 'app:2');
    const { state, weight, step, ended } = ports.lock.left ?? {};
    assert.deepEqual(
      { state, weight, step, ended },
      {
        state: 'parked',
        weight: 50,
        step: { index: 1, weight: 50, passed: true },
        ended: { outcome: 'live', reason: ending.reason },
      },
    );
    assert.equal(ports.lock.released, false);
    assert.equal(ports.pipeline.armed, undefined);
  });

  it('says what to do next', async () => {
    const ports = doubles();
    await run(ports, plan);
    const told = ports.pipeline.events.map(event => ('text' in event ? event.text : '')).join('\n');
    for (const action of ['deploy', 'promote', 'reject']) assert.match(told, new RegExp(`action: ${action}`));
  });

  it('keeps in mind where it went on without being sure', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[unclear]];
    const { outcome, leftovers } = await run(
      ports,
      canaryPlan({ spec: { ...plan.spec, onInconclusive: 'continue' } }),
    );
    assert.equal(outcome, 'live');
    assert.equal(leftovers.length, 2);
    assert.deepEqual(ports.lock.left?.unverified, leftovers);
  });

  it('that fails is taken back, and leaves no record', async () => {
    const ports = doubles();
    ports.metrics.rounds = [...Array(10).fill([passing]), [failing]];
    const { outcome, failedStep } = await run(ports, plan);
    assert.deepEqual([outcome, failedStep], ['rolled-back', '50 %']);
    assert.equal(ports.lock.left, undefined);
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
  });

  it('whose record can not be left is taken back, for nobody would know of it', async () => {
    const ports = doubles();
    ports.lock.leave = async () => {
      throw new Error('no answer');
    };
    const { outcome } = await run(ports, plan);
    assert.equal(outcome, 'rolled-back');
    assert.deepEqual(ports.router.calls.slice(-2), ['stop', 'close']);
  });
});

describe('a canary that another run has parked', () => {
  /** The end of a run with these inputs that goes on with one at 25 %, and what was done on the way. */
  async function goesOn(change: Partial<ReleaseSpec>) {
    const ports = doubles();
    const going = canaryPlan({ spec: { ...spec, ...change } });
    const [{ canary, services }] = going.workloads;
    for (const object of [deployment('web', 'app:1'), canary, ...services]) await ports.cluster.apply(object);
    ports.cluster.writes.length = 0;
    ports.router.weight = Weight.of(25);
    const record: ReleaseRecord = { ...recordFor(claim, going), phase: 'stepping', weight: 25 };
    const ending = await runRelease(going, ports, record, 0);
    return { ports, ending };
  }
  const to = (...percents: readonly number[]) =>
    percents.map(percent => ({ weight: Weight.of(percent), pause: Duration.minutes(5) }));

  it('is scaled and gets more weight from where it is, and nothing of it is made again', async () => {
    const { ports, ending } = await goesOn({ action: 'deploy', steps: to(50, 75) });
    assert.deepEqual([ending.outcome, ending.weight], ['live', 75]);
    assert.deepEqual(ports.router.calls, ['rejoin', 'weight 50', 'weight 75']);
    assert.deepEqual(ports.cluster.writes, [
      'patch Deployment shop/web-canary /spec/replicas=2',
      'patch Deployment shop/web-canary /spec/replicas=3',
    ]);
  });

  it('is judged again where its weight stays', async () => {
    const { ports, ending } = await goesOn({ action: 'deploy', steps: to(25) });
    assert.deepEqual([ending.outcome, ending.weight], ['live', 25]);
    assert.equal(ports.metrics.windows, 1);
    assert.deepEqual(ports.cluster.writes, []);
  });

  it('gets time to become less before it is judged at a lower weight, for else it would seem to get too much', async () => {
    const { ports } = await goesOn({ action: 'deploy', steps: to(10) });
    assert.deepEqual(ports.router.calls, ['rejoin', 'weight 10', 'weight 10']);
    const told = ports.pipeline.events.map(event => ('what' in event ? event.what : event.type));
    const settled = told.findIndex(what => /^5s for .* to learn the lower weight$/.test(what));
    assert.ok(settled !== -1 && settled < told.indexOf('step-started'), told.join());
  });

  it('is promoted without another measurement', async () => {
    const { ports, ending } = await goesOn({ action: 'promote', steps: [], checks: [] });
    assert.deepEqual([ending.outcome, ending.reason], ['promoted', 'web passed 25 %']);
    assert.deepEqual(ports.router.calls, ['rejoin', 'stop', 'close']);
    assert.equal(ports.metrics.windows, 0);
    assert.equal(image(ports, 'Deployment shop/web'), 'app:2');
  });

  it('is taken back where it fails at the next weight', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[failing]];
    const going = canaryPlan({ spec: { ...spec, action: 'deploy', steps: to(50) } });
    const record: ReleaseRecord = { ...recordFor(claim, going), phase: 'stepping', weight: 25 };
    for (const object of [deployment('web', 'app:1'), going.workloads[0].canary]) {
      await ports.cluster.apply(object);
    }
    const { outcome, failedStep } = await runRelease(going, ports, record, 0);
    assert.deepEqual([outcome, failedStep], ['rolled-back', '50 %']);
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
  });
});
