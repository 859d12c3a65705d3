import assert from 'node:assert/strict';
import type { CanaryPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { canaryPlan, type Doubles, doubles, failing, passing, spec } from './doubles.ts';
import { image, run } from './run.ts';

const holding: CanaryPlan = canaryPlan({ spec: { ...spec, onFailure: 'hold' } });

function failingAtSecond(): Doubles {
  const ports = doubles();
  ports.metrics.rounds = [...Array.from({ length: 10 }, () => [passing]), [failing]];
  return ports;
}

describe('a canary that fails under `onFailure: hold`', () => {
  it('gets no traffic and is kept whole, with its record, under no holder', async () => {
    const ports = failingAtSecond();
    const ending = await run(ports, holding);
    assert.deepEqual(
      { outcome: ending.outcome, weight: ending.weight, failedStep: ending.failedStep },
      { outcome: 'held', weight: 0, failedStep: '50 %' },
    );
    assert.deepEqual(ports.router.calls.slice(-2), ['weight 50', 'stop']);
    assert.equal(image(ports, 'Deployment shop/web-canary'), 'app:2');
    assert.deepEqual(
      ports.cluster.writes.filter(write => write.startsWith('delete')),
      [],
    );
    const { left, released } = ports.lock;
    assert.equal(released, false);
    assert.deepEqual(
      { state: left?.state, weight: left?.weight, step: left?.step, ended: left?.ended },
      {
        state: 'held',
        weight: 0,
        step: { index: 1, weight: 50, passed: false },
        ended: { outcome: 'held', reason: ending.reason },
      },
    );
    assert.equal(ports.pipeline.armed, undefined);
  });

  it('is taken back where its record could not be left, for nobody would know of it', async () => {
    const ports = failingAtSecond();
    ports.lock.leave = async () => {
      throw new Error('no answer');
    };
    const ending = await run(ports, holding);
    assert.equal(ending.outcome, 'rolled-back');
    assert.equal(image(ports, 'Deployment shop/web-canary'), undefined);
  });

  it('is taken back when it is cancelled', async () => {
    const ports = doubles();
    ports.metrics.measure = async () => {
      ports.pipeline.cancel();
      return [failing];
    };
    const ending = await run(ports, holding);
    assert.equal(ending.outcome, 'cancelled');
    assert.equal(image(ports, 'Deployment shop/web-canary'), undefined);
    assert.equal(ports.lock.left, undefined);
  });

  it('is promoted where it does not fail', async () => {
    const ports = doubles();
    assert.equal((await run(ports, holding)).outcome, 'promoted');
    assert.equal(ports.lock.left, undefined);
  });
});
