import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import type { Webhook } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/webhook.ts';
import { canaryPlan, doubles, failing, passing, spec, unclear } from './doubles.ts';
import { run } from './run.ts';
import { ScriptedWebhooks, webhook } from './webhook-doubles.ts';

function scene(webhooks: readonly Webhook[], changes: Partial<ReleaseSpec> = {}) {
  const hooks = new ScriptedWebhooks(webhooks);
  const ports = { ...doubles(), webhooks: hooks };
  const release = () => run(ports, canaryPlan({ spec: { ...spec, ...changes, webhooks } }));
  const told = (type: 'notice' | 'warning') =>
    ports.pipeline.events.flatMap(event => (event.type === type && 'text' in event ? [event.text] : []));
  return { hooks, ports, release, told };
}

const before = webhook({ name: 'smoke', when: 'before' });
const load = webhook({ name: 'load', when: 'load' });
const gate = webhook({ name: 'boss', when: 'gate' });
const after = webhook({ name: 'chat', when: 'after' });

describe('the webhooks of a release', () => {
  it('are called each in its time, with what is known then', async () => {
    const { hooks, release } = scene([after, gate, load, before]);
    assert.equal((await release()).outcome, 'promoted');
    assert.deepEqual(hooks.calls, [
      { when: 'before', facts: { weight: 0 } },
      { when: 'load', facts: { weight: 10 } },
      { when: 'gate', facts: { weight: 10 } },
      { when: 'load', facts: { weight: 50 } },
      { when: 'gate', facts: { weight: 50 } },
      { when: 'after', facts: { weight: 0, outcome: 'promoted', reason: 'web passed 10 %, 50 %' } },
    ]);
  });

  it('are told how a release ended that had nothing on trial, or that was taken back', async () => {
    const { hooks, ports, release } = scene([after]);
    ports.metrics.rounds = [[failing]];
    const { reason } = await release();
    assert.deepEqual(hooks.calls, [{ when: 'after', facts: { weight: 0, outcome: 'rolled-back', reason } }]);
  });
});

describe('an acceptance test', () => {
  it('that refuses the canary keeps it from all traffic', async () => {
    const { hooks, ports, release } = scene([before]);
    hooks.answers.before = ['fail'];
    assert.deepEqual(await release(), {
      outcome: 'rolled-back',
      reason: 'At 0 %: smoke HTTP 403 (limit 2xx)',
      failedStep: '0 %',
      failedCheck: 'smoke',
      weight: 0,
      leftovers: [],
    });
    assert.deepEqual(
      ports.router.calls.filter(call => call.startsWith('weight')),
      [],
    );
    const measured = ports.pipeline.events.find(event => event.type === 'measured');
    assert.equal(String(measured?.type === 'measured' && measured.weight), '0 %');
  });

  for (const onInconclusive of ['extend', 'rollback'] as const) {
    it(`that can not be asked ends the release where unclear means ${onInconclusive}`, async () => {
      const { hooks, release } = scene([before], { onInconclusive });
      hooks.answers.before = ['error'];
      const { outcome, reason } = await release();
      assert.equal(outcome, 'rolled-back');
      assert.match(reason, /^At 0 %: could not be asked: smoke/);
    });
  }

  it('that can not be asked is told at the end where unclear means continue', async () => {
    const { hooks, release } = scene([before], { onInconclusive: 'continue' });
    hooks.answers.before = ['error'];
    const { outcome, leftovers } = await release();
    assert.equal(outcome, 'promoted');
    assert.match(leftovers.join(), /^Went on unverified at 0 %: could not be asked: smoke/);
  });

  it('that is under way when the step is cancelled is waited for no longer', async () => {
    const { hooks, ports, release } = scene([before]);
    hooks.silent.add('before');
    const ending = release();
    while (hooks.calls.length === 0) await new Promise(setImmediate);
    ports.pipeline.cancel();
    assert.equal((await ending).outcome, 'cancelled');
  });
});

describe('a load test', () => {
  it('that can not be started is a warning, and the canary is watched all the same', async () => {
    const { hooks, release, told } = scene([load]);
    hooks.answers.load = ['fail', 'pass'];
    assert.equal((await release()).outcome, 'promoted');
    assert.deepEqual(told('warning'), ['Load at 10 %: load HTTP 403 (limit 2xx)']);
    assert.deepEqual(told('notice'), ['Load at 50 %: load HTTP 200 (limit 2xx)']);
  });

  it('whose answer does not come holds nothing up', async () => {
    const { hooks, ports, release, told } = scene([load]);
    hooks.silent.add('load');
    ports.metrics.rounds = [[failing]];
    assert.match((await release()).reason, /success-rate/);
    assert.equal(ports.pipeline.events.filter(({ type }) => type === 'measured').length, 1);
    assert.deepEqual(told('warning'), []);
    assert.deepEqual(hooks.givenUp, ['load'], 'it is over with its step');
  });
});

describe('a gate', () => {
  it('holds the weight until it opens, and the canary is measured meanwhile', async () => {
    const { hooks, ports, release } = scene([gate]);
    hooks.answers.gate = ['inconclusive', 'error', 'pass'];
    assert.equal((await release()).outcome, 'promoted');
    const first = ports.pipeline.events.flatMap(event =>
      event.type === 'measured' && event.weight.percent === 10
        ? [`${event.elapsed.toClock()} ${event.measurement.check} ${event.measurement.verdict}`]
        : [],
    );
    assert.deepEqual(first.slice(-6), [
      '05:00 success-rate pass',
      '05:00 boss inconclusive',
      '05:30 success-rate pass',
      '05:30 boss error',
      '06:00 success-rate pass',
      '06:00 boss pass',
    ]);
  });

  it('that stays closed for its whole time takes the canary back', async () => {
    const { hooks, release } = scene([{ ...gate, limit: Duration.minutes(2) }]);
    hooks.answers.gate = ['inconclusive'];
    const { outcome, reason, failedCheck } = await release();
    assert.deepEqual([outcome, failedCheck], ['rolled-back', 'boss']);
    assert.equal(reason, 'At 10 %: the gate did not open within 02:00: boss HTTP 403 (limit 2xx)');
  });

  it('does not open for a canary that fails while it waits', async () => {
    const { hooks, ports, release } = scene([gate]);
    hooks.answers.gate = ['inconclusive'];
    ports.metrics.rounds = [...Array(11).fill([passing]), [failing]];
    assert.match((await release()).reason, /^At 10 %: success-rate 80 %/);
  });

  it('that does not answer does not keep the alarm of the pods waiting', async () => {
    const { hooks, ports, release } = scene([gate]);
    hooks.silent.add('gate');
    const ending = release();
    while (hooks.calls.length === 0) await new Promise(setImmediate);
    ports.cluster.breakPods('OOMKilled');
    assert.match((await ending).reason, /^At 10 %: pods not healthy: OOMKilled/);
  });

  it('gives what becomes unclear meanwhile its time to become clear, and no more', async () => {
    const clears = scene([gate]);
    clears.hooks.answers.gate = ['inconclusive', 'pass'];
    clears.ports.metrics.rounds = [...Array(10).fill([passing]), ...Array(15).fill([unclear]), [passing]];
    assert.equal((await clears.release()).outcome, 'promoted');

    const stays = scene([gate]);
    stays.hooks.answers.gate = ['inconclusive'];
    stays.ports.metrics.rounds = [...Array(10).fill([passing]), [unclear]];
    assert.match((await stays.release()).reason, /^At 10 %: still not clear after 15:\d\d: success-rate/);
  });

  it('is not asked before the checks have passed, unless unclear means continue', async () => {
    const { hooks, ports, release } = scene([gate]);
    ports.metrics.rounds = [[unclear]];
    await release();
    assert.deepEqual(hooks.calls, []);
    const anyhow = scene([gate], { onInconclusive: 'continue' });
    anyhow.ports.metrics.rounds = [[unclear]];
    anyhow.hooks.answers.gate = ['inconclusive', 'pass'];
    assert.equal((await anyhow.release()).outcome, 'promoted');
    assert.equal(anyhow.hooks.calls.length, 3);
  });
});

describe('who is told how it ended', () => {
  it('and does not take it is named in a warning; the outcome stays', async () => {
    const { hooks, release, told } = scene([after]);
    hooks.answers.after = ['error'];
    assert.equal((await release()).outcome, 'promoted');
    assert.deepEqual(told('warning'), [
      'It could not be told how the release ended: chat HTTP 403 (limit 2xx)',
    ]);
  });

  it('has one second when the step was cancelled', async () => {
    const { hooks, ports, release, told } = scene([after]);
    hooks.silent.add('after');
    ports.clock.onSleep = now => now > 60_000 && ports.pipeline.cancel();
    assert.equal((await release()).outcome, 'cancelled');
    assert.match(told('warning').join(), /^No answer in time from chat/);
  });
});
