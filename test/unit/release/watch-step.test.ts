import assert from 'node:assert/strict';
import { Alarm } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/alarm.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { ReleaseContext } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/release-context.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { watchStep } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/watch-step.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { canaryPlan, doubles, failing, passing, spec, unasked, unclear } from './doubles.ts';
import { claim } from './run.ts';

/** A step at 10 % for two minutes, measured every 30 s, with these answers; the last is repeated. */
function scene(rounds: readonly (readonly Measurement[])[], changes: Partial<ReleaseSpec> = {}) {
  const ports = doubles();
  ports.metrics.rounds = rounds;
  const plan = canaryPlan({ spec: { ...spec, ...changes } });
  const context = new ReleaseContext(plan, ports, recordFor(claim, plan));
  const step = { weight: Weight.of(10), pause: Duration.minutes(2) };
  const measuredAt = () =>
    ports.pipeline.events.flatMap(event => (event.type === 'measured' ? [event.elapsed.toClock()] : []));
  const extensions = () => ports.pipeline.events.filter(event => event.type === 'step-extended');
  return {
    ports,
    context,
    step,
    measuredAt,
    extensions,
    watch: () => watchStep(context, step, new Alarm(context)),
  };
}

describe('watching a step', () => {
  it('measures after each interval, and once more at the end of the pause', async () => {
    const { watch, measuredAt } = scene([[passing]], { interval: Duration.seconds(50) });
    assert.deepEqual(await watch(), { kind: 'passed' });
    assert.deepEqual(measuredAt(), ['00:50', '01:40', '02:00']);
  });

  it('waits out its pause where there is nothing to check', async () => {
    const { watch, ports } = scene([[]]);
    assert.deepEqual(await watch(), { kind: 'passed' });
    assert.equal(ports.clock.now(), 120_000);
  });

  it('takes the time that measuring takes as time at the weight', async () => {
    const { watch, ports, measuredAt } = scene([[passing]]);
    const { measure } = ports.metrics;
    ports.metrics.measure = async () => {
      await ports.clock.sleep(Duration.seconds(20));
      return measure.call(ports.metrics);
    };
    await watch();
    assert.deepEqual(measuredAt(), ['00:50', '01:40', '02:20']);
  });

  it('ends with the first measurement that fails, however early', async () => {
    const { watch, ports } = scene([[passing], [failing], [passing]]);
    assert.deepEqual(await watch(), {
      kind: 'failed',
      reason: 'success-rate 80 % (limit ≥ 99 %, 1 000 requests)',
      measurement: failing,
    });
    assert.equal(ports.clock.now(), 60_000);
  });

  it('tells all answers of the round that fails, also those after the bad one', async () => {
    const { watch, ports } = scene([[failing, { ...passing, check: 'latency' }]]);
    await watch();
    assert.equal(ports.pipeline.events.filter(({ type }) => type === 'measured').length, 2);
  });

  it('fails with a bare value that was bad in the last measurements of its pause', async () => {
    const bare = { ...failing, actsAtOnce: false };
    const { watch } = scene([[passing], [passing], [bare], [bare]]);
    assert.equal((await watch()).kind, 'failed');
  });

  it('stays longer, and says until when and why, where it is unclear at the end of its pause', async () => {
    const { watch, extensions, ports } = scene([[unclear], [unclear], [unclear], [unclear], [passing]]);
    assert.deepEqual(await watch(), { kind: 'passed' });
    assert.deepEqual(extensions(), [
      {
        type: 'step-extended',
        weight: Weight.of(10),
        until: Duration.minutes(4),
        reason: 'success-rate no requests (limit ≥ 99 %)',
      },
    ]);
    assert.equal(ports.clock.now(), 240_000);
  });

  it('stays longer for a bare value that was bad only just now', async () => {
    const bare = { ...failing, actsAtOnce: false };
    const { watch, extensions } = scene([[passing], [passing], [passing], [bare], [passing]]);
    assert.equal((await watch()).kind, 'passed');
    assert.equal(extensions().length, 1);
  });

  it('stays longer once, and then fails with how long it was unclear', async () => {
    const { watch, extensions, ports } = scene([[unclear]], { extendFactor: 3 });
    const result = await watch();
    assert.match(result.kind === 'failed' ? result.reason : '', /^still not clear after 06:00: success-rate/);
    assert.equal(extensions().length, 1);
    assert.equal(ports.clock.now(), 360_000);
  });

  it('does not stay longer where the limit is the pause itself', async () => {
    const { watch, extensions, ports } = scene([[unclear]], { extendFactor: 1 });
    assert.equal((await watch()).kind, 'failed');
    assert.deepEqual(extensions(), []);
    assert.equal(ports.clock.now(), 120_000);
  });

  it('fails at the end of its pause where unclear means rollback', async () => {
    const { watch, ports } = scene([[unclear]], { onInconclusive: 'rollback' });
    assert.equal((await watch()).kind, 'failed');
    assert.equal(ports.clock.now(), 120_000);
  });

  it('passes unverified at the end of its pause where unclear means continue', async () => {
    const { watch, ports } = scene([[unclear]], { onInconclusive: 'continue' });
    assert.deepEqual(await watch(), {
      kind: 'passed',
      unverified: '10 %: success-rate no requests (limit ≥ 99 %)',
    });
    assert.equal(ports.clock.now(), 120_000);
  });

  for (const onInconclusive of ['extend', 'rollback', 'continue'] as const) {
    it(`passes with a warning what may go on at once, where unclear means ${onInconclusive}`, async () => {
      const { watch, ports } = scene([[{ ...unclear, goesOn: 'at-once' }]], { onInconclusive });
      const unverified = '10 %: success-rate no requests (limit ≥ 99 %)';
      assert.deepEqual(await watch(), { kind: 'passed', unverified });
      assert.equal(ports.clock.now(), 120_000);
    });
  }

  it('passes with a warning what may go on after waiting only once it has stayed longer', async () => {
    const doubtful = { ...unclear, goesOn: 'after-waiting' } as const;
    const { watch, ports, extensions } = scene([[doubtful]]);
    const result = await watch();
    assert.match(result.kind === 'passed' ? String(result.unverified) : '', /^10 %: success-rate/);
    assert.equal(extensions().length, 1);
    assert.equal(ports.clock.now(), 240_000);
    const strict = scene([[doubtful]], { onInconclusive: 'rollback' });
    assert.equal((await strict.watch()).kind, 'failed');
    assert.equal(strict.ports.clock.now(), 120_000);
  });

  it('fails also where unclear means continue', async () => {
    const { watch } = scene([[unclear], [failing]], { onInconclusive: 'continue' });
    assert.equal((await watch()).kind, 'failed');
  });

  it('fails when it could not ask too many times in a row, before its pause is over', async () => {
    const { watch, ports } = scene([[unasked]], { consecutiveErrorLimit: 3 });
    const result = await watch();
    assert.match(
      result.kind === 'failed' ? result.reason : '',
      /^could not be asked 3 times in a row: success-rate no answer/,
    );
    assert.equal(ports.clock.now(), 90_000);
  });

  it('goes on without answers where unclear means continue, and passes unverified', async () => {
    const { watch, ports } = scene([[unasked]], { consecutiveErrorLimit: 2, onInconclusive: 'continue' });
    const result = await watch();
    assert.match(result.kind === 'passed' ? String(result.unverified) : '', /^10 %: success-rate no answer/);
    assert.equal(ports.clock.now(), 120_000);
  });

  it('ends at once when the step is cancelled, asleep as well as while Prometheus is asked', async () => {
    const asleep = scene([[passing]]);
    let asked = 0;
    asleep.ports.metrics.measure = async () => {
      asked += 1;
      return [passing];
    };
    setImmediate(() => asleep.ports.pipeline.cancel());
    await assert.rejects(asleep.watch(), { code: 'CANCELLED' });
    assert.equal(asked, 0);
    const asking = scene([[passing]]);
    asking.ports.metrics.measure = () => {
      setImmediate(() => asking.ports.pipeline.cancel());
      return new Promise(() => {});
    };
    await assert.rejects(asking.watch(), { code: 'CANCELLED' });
  });

  it('says that the lock was lost, and not that somebody cancelled, where both is so', async () => {
    const { watch, ports } = scene([[passing]]);
    ports.lock.lose();
    ports.pipeline.cancel();
    await assert.rejects(watch(), { code: 'LOCK_LOST' });
  });
});
