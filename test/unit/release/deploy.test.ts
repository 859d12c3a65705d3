import assert from 'node:assert/strict';
import { canaryPlan, doubles, failing, passing, spec, unclear } from './doubles.ts';
import { image, run } from './run.ts';

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
