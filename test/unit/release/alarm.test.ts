import assert from 'node:assert/strict';
import { setImmediate as immediate } from 'node:timers/promises';
import { Alarm, AlarmRaised } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/alarm.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  asRecord,
  type KubeObject,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { ReleaseContext } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/release-context.ts';
import { canaryPlan, type Doubles, deployment, doubles, spec } from './doubles.ts';
import { claim, image, run } from './run.ts';

const web = 'Deployment shop/web';
const canary = 'Deployment shop/web-canary';
const service = 'Service shop/web-canary';
const gone = ({ cluster }: Doubles, name: string) => cluster.show(name, undefined);

function live({ cluster }: Doubles, name: string, spec: object = {}, metadata: object = {}): KubeObject {
  const object = cluster.objects.get(name);
  assert.ok(object !== undefined, name);
  return {
    ...object,
    metadata: { ...object.metadata, ...metadata },
    spec: { ...asRecord(object.spec), ...spec },
  };
}

/** Once, when a virtual time has come. */
function atTime({ clock }: Doubles, seconds: number, happen: () => void): void {
  let isOver = false;
  clock.onSleep = now => {
    if (isOver || now < seconds * 1000) return;
    isOver = true;
    happen();
  };
}

describe('an alarm', () => {
  function alarmOf(ports: Doubles): Alarm {
    const plan = canaryPlan();
    return new Alarm(new ReleaseContext(plan, ports, recordFor(claim, plan)));
  }

  it('is what went wrong first, whatever goes wrong after it', async () => {
    const ports = doubles();
    await ports.cluster.apply(deployment('web', 'app:1'));
    const alarm = alarmOf(ports);
    ports.cluster.breakPods('web-canary-1 crashes');
    assert.deepEqual(await alarm.raised, alarm.measurement);
    gone(ports, web);
    await immediate();
    assert.deepEqual([alarm.measurement?.check, alarm.measurement?.detail], ['pods', 'web-canary-1 crashes']);
    assert.equal(alarm.signal.aborted, true);
    await assert.rejects(alarm.unlessRaised(Promise.resolve('done')), AlarmRaised);
  });

  it('is none for what is seen once nobody is to be alarmed any more', async () => {
    const ports = doubles();
    let see = (_: string) => {};
    ports.cluster.awaitTrouble = () =>
      new Promise(resolve => {
        see = resolve;
      });
    const alarm = alarmOf(ports);
    alarm.stop();
    see('web-canary-1 is not ready');
    await immediate();
    assert.deepEqual([alarm.measurement, alarm.signal.aborted], [undefined, false]);
    assert.equal(await alarm.unlessRaised(Promise.resolve('done')), 'done');
  });

  it('is none where it cannot be seen whether there is reason for one, which is told', async () => {
    const ports = doubles();
    const blind = new CanaryError('CLUSTER_FORBIDDEN', 'Could not watch pods', { hint: 'allow it' });
    ports.cluster.awaitTrouble = async () => {
      throw blind;
    };
    const alarm = alarmOf(ports);
    await immediate();
    assert.deepEqual(ports.pipeline.events, [{ type: 'notice', text: blind.message }]);
    assert.equal(await alarm.unlessRaised(Promise.resolve('done')), 'done');
  });
});

describe('what somebody else changes during a release', () => {
  const changes: [string, (ports: Doubles) => void, RegExp][] = [
    ['the canary is deleted', ports => gone(ports, canary), /web-canary was deleted$/],
    [
      'the canary is scaled down',
      ports => ports.cluster.show(canary, live(ports, canary, { replicas: 0 })),
      /web-canary was scaled to 0; its weight needs 1$/,
    ],
    [
      "the canary's Service is deleted",
      ports => gone(ports, service),
      /requests for the canary find nobody$/,
    ],
    [
      "the canary's Service is changed",
      ports => ports.cluster.show(service, live(ports, service, { selector: { app: 'web' } })),
      /selects other pods than the canary's$/,
    ],
    ['stable is deleted', ports => gone(ports, web), /shop\/web was deleted$/],
    [
      'stable gets another version',
      ports => ports.cluster.show(web, deployment('web', 'app:3')),
      /shop\/web got other pods: another deployment is under way/,
    ],
  ];
  for (const [what, happen, says] of changes) {
    it(`ends a step at once where ${what}`, async () => {
      const ports = doubles();
      let happenedAt = 0;
      let stoppedAfter = Number.NaN;
      atTime(ports, 40, () => {
        happenedAt = ports.clock.now();
        happen(ports);
      });
      const { stop } = ports.router;
      ports.router.stop = () => {
        stoppedAfter = ports.clock.now() - happenedAt;
        return stop.call(ports.router);
      };
      const { outcome, reason, failedStep, failedCheck, leftovers } = await run(ports);
      assert.deepEqual([outcome, failedStep, failedCheck, leftovers], ['rolled-back', '10 %', 'drift', []]);
      assert.match(reason, /^At 10 %: drift found: /);
      assert.match(reason, says);
      assert.equal(stoppedAfter, 0, 'no interval is waited for');
      assert.equal(image(ports, web), 'app:1');
    });
  }

  it('is no drift where it is what autoscalers, restarts and we ourselves do', async () => {
    const ports = doubles();
    atTime(ports, 320, () => {
      const restarted = { 'kubectl.kubernetes.io/restartedAt': 'now' };
      const template = {
        metadata: { annotations: restarted },
        ...asRecord(live(ports, web).spec?.['template' as never]),
      };
      ports.cluster.show(web, live(ports, web, { replicas: 9, template }));
      ports.cluster.show(canary, live(ports, canary, { replicas: 3 }));
      ports.cluster.show(service, live(ports, service));
    });
    assert.equal((await run(ports)).outcome, 'promoted');
  });

  it('ends the wait for more pods at once, before they have the weight', async () => {
    const ports = doubles();
    ports.cluster.awaitReady = async ([ref]) => {
      if (ref?.name !== 'web-canary' || !ports.router.calls.includes('weight 10')) return;
      gone(ports, service);
      await new Promise(() => {});
    };
    const { outcome, failedStep, failedCheck } = await run(ports);
    assert.deepEqual([outcome, failedStep, failedCheck], ['rolled-back', '50 %', 'drift']);
    assert.ok(!ports.router.calls.includes('weight 50'));
    assert.equal(ports.router.calls.at(-1), 'close');
  });

  it('ends a release whose routes are just being opened, and stops it again when they are', async () => {
    const ports = doubles();
    let opened = () => {};
    ports.router.open = () => {
      ports.router.calls.push('open');
      gone(ports, web);
      return new Promise(resolve => {
        opened = resolve;
      });
    };
    const { stop } = ports.router;
    ports.router.stop = async () => {
      await stop.call(ports.router);
      opened();
    };
    const { outcome, reason, failedStep } = await run(ports);
    assert.deepEqual([outcome, failedStep], ['rolled-back', '0 %']);
    assert.match(reason, /^At 0 %: drift found: /);
    assert.deepEqual(ports.router.calls, ['open', 'stop', 'stop', 'close']);
  });

  it('is seen before the promotion as well, which then does not begin', async () => {
    const ports = doubles();
    ports.lock.writeLater = record => {
      if (record.step?.index === 1 && record.step.passed) gone(ports, canary);
    };
    const { outcome, failedCheck } = await run(ports);
    assert.deepEqual([outcome, failedCheck], ['rolled-back', 'drift']);
    assert.equal(image(ports, web), 'app:1');
  });

  it('is never overwritten by the promotion, also where nobody saw it come', async () => {
    const ports = doubles();
    atTime(ports, 400, () => ports.cluster.objects.set(web, deployment('web', 'app:3')));
    const { outcome, reason, leftovers } = await run(ports);
    assert.deepEqual([outcome, leftovers], ['rolled-back', []]);
    assert.match(
      reason,
      /^At promotion: Deployment shop\/web got other pods: another deployment is under way/,
    );
    assert.equal(image(ports, web), 'app:3');
  });

  it('is told from our own promotion that nobody had answered for', async () => {
    const ports = doubles();
    const { patch } = ports.cluster;
    let tries = 0;
    ports.cluster.patch = async (ref, operations) => {
      const isPromotion = ref.name === 'web' && operations.some(({ path }) => path === '/spec/template');
      const result = await patch.call(ports.cluster, ref, operations);
      tries += isPromotion ? 1 : 0;
      if (isPromotion && tries === 1) throw new CanaryError('CLUSTER_CONFLICT', 'done, and done again');
      return result;
    };
    assert.equal((await run(ports)).outcome, 'promoted');
    assert.equal(image(ports, web), 'app:2');
    assert.equal(tries, 2);
  });

  it('is not watched any more once it is promoted, for then the change is ours', async () => {
    const ports = doubles();
    const plan = canaryPlan({
      spec: { ...spec, steps: spec.steps.map(step => ({ ...step, pause: Duration.minutes(1) })) },
    });
    ports.cluster.beforeWrite = write => {
      if (write.startsWith(`patch ${web} /spec/template`))
        ports.cluster.show(web, deployment('web', 'app:2'));
    };
    assert.equal((await run(ports, plan)).outcome, 'promoted');
  });
});
