import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { WritingPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { canaryPlan, deployment, doubles, failing, passing, spec, unasked, unclear } from './doubles.ts';
import { image, run } from './run.ts';

describe('a release', () => {
  it('climbs the steps, promotes, and leaves nothing of the canary behind', async () => {
    const ports = doubles();
    const ending = await run(ports);
    assert.equal(ending.outcome, 'promoted');
    assert.deepEqual(ending.leftovers, []);
    assert.deepEqual(ports.router.calls, ['open', 'weight 10', 'weight 50', 'stop', 'close']);
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
    assert.equal(image(ports, 'Deployment shop/web'), 'app:2');
    assert.equal(ports.lock.released, true);
    assert.equal(ports.pipeline.armed, undefined);
  });

  it('measures every interval for the whole pause of each step, each from a fresh window', async () => {
    const ports = doubles();
    await run(ports);
    const measured = ports.pipeline.events.filter(event => event.type === 'measured');
    assert.equal(measured.length, 20);
    assert.equal(ports.metrics.windows, 2);
    assert.deepEqual(
      measured.slice(8, 11).map(event => [event.weight.percent, event.elapsed.toClock()]),
      [
        [10, '04:30'],
        [10, '05:00'],
        [50, '00:30'],
      ],
    );
  });

  it('has the pods for a weight ready before it gives the weight', async () => {
    const ports = doubles();
    const order: string[] = [];
    ports.cluster.beforeWrite = write => order.push(write);
    ports.router.setWeight = async weight => {
      order.push(`weight ${weight.percent}`);
    };
    await run(ports);
    const scale = order.indexOf('patch Deployment shop/web-canary /spec/replicas=2');
    assert.ok(scale > order.indexOf('weight 10'));
    assert.ok(scale < order.indexOf('weight 50'));
  });

  it('stops with the measurement that fails, before any other write, and takes everything back', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[passing], [failing]];
    const ending = await run(ports);
    assert.equal(ending.outcome, 'rolled-back');
    assert.match(ending.reason, /At 10 %: success-rate 80 % \(limit ≥ 99 %, 1 000 requests\)/);
    assert.equal(ending.failedStep, '10 %');
    assert.equal(ending.failedCheck, 'success-rate');
    assert.deepEqual(ports.router.calls, ['open', 'weight 10', 'stop', 'close']);
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
    assert.equal(image(ports, 'Deployment shop/web'), 'app:1');
    assert.ok(!ports.cluster.writes.some(write => write.includes('Deployment shop/web ')));
  });

  it('waits on while a step is unclear, up to its limit, and then rolls back', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[unclear]];
    const ending = await run(ports);
    assert.equal(ending.outcome, 'rolled-back');
    assert.match(ending.reason, /still not clear after 10:00: success-rate no requests/);
    assert.equal(ports.pipeline.events.filter(event => event.type === 'step-extended').length, 1);
  });

  it('goes on unverified where the user wants that, and says so at the end', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[unclear]];
    const ending = await run(ports, canaryPlan({ spec: { ...spec, onInconclusive: 'continue' } }));
    assert.equal(ending.outcome, 'promoted');
    assert.match(ending.leftovers.join('\n'), /Went on unverified at 10 %/);
  });

  it('holds the weight while Prometheus does not answer, and rolls back after too many times in a row', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[unasked], [passing], [unasked], [unasked], [unasked], [unasked], [unasked]];
    const ending = await run(ports);
    assert.equal(ending.outcome, 'rolled-back');
    assert.match(ending.reason, /could not be asked 5 times in a row/);
  });

  it('takes a value without counts back only after it failed in a row', async () => {
    const ports = doubles();
    const slow = { ...failing, actsAtOnce: false };
    ports.metrics.rounds = [[slow], [passing], [slow], [slow]];
    await run(ports);
    assert.equal(ports.clock.now() >= 120_000, true);
    assert.equal(ports.pipeline.events.filter(event => event.type === 'measured').length, 4);
  });

  it('gives no weight to a canary that never gets ready, and removes it', async () => {
    const ports = doubles();
    ports.cluster.neverReady.add('web-canary');
    const ending = await run(ports);
    assert.equal(ending.outcome, 'rolled-back');
    assert.match(ending.reason, /did not get ready/);
    assert.deepEqual(ports.router.calls, ['stop', 'close']);
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
  });

  it('gives a stable that does not get ready its old template back before it takes the canary away', async () => {
    const ports = doubles();
    ports.cluster.beforeWrite = write => {
      if (write.startsWith('patch Deployment shop/web /spec/template')) {
        if (write.includes('app:2')) ports.cluster.neverReady.add('web');
        else ports.cluster.neverReady.delete('web');
      }
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'rolled-back');
    assert.match(ending.reason, /At promotion: .*did not get ready/);
    assert.equal(image(ports, 'Deployment shop/web'), 'app:1');
    assert.deepEqual(ports.router.calls.slice(-3), ['weight 50', 'stop', 'close']);
  });

  it('refuses to leave as stable what was not tested', async () => {
    const ports = doubles();
    const plan = canaryPlan();
    const ending = await run(ports, {
      ...plan,
      workloads: [{ ...plan.workloads[0], promoted: deployment('web', 'app:2-meddled') }],
    });
    assert.equal(ending.outcome, 'rolled-back');
    assert.match(ending.reason, /would not run what was tested/);
    assert.equal(image(ports, 'Deployment shop/web'), 'app:1');
  });

  it('reads stable again where somebody else wrote it in the middle', async () => {
    const ports = doubles();
    let meddled = false;
    ports.cluster.beforeWrite = write => {
      if (meddled || !write.startsWith('patch Deployment shop/web /spec/template')) return;
      meddled = true;
      throw new CanaryError('CLUSTER_CONFLICT', 'the object has been modified');
    };
    assert.equal((await run(ports)).outcome, 'promoted');
  });

  it('lets the canary, at the size of stable, carry everything where promotion takes all pods of stable', async () => {
    const ports = doubles();
    const plan = canaryPlan();
    await run(ports, { ...plan, workloads: [{ ...plan.workloads[0], rolloutTakesAllPods: true }] });
    assert.deepEqual(ports.router.calls.slice(-3), ['weight 100', 'stop', 'close']);
    assert.ok(ports.cluster.writes.includes('patch Deployment shop/web-canary /spec/replicas=4'));
  });

  it('says at 100 % that there is nothing to compare with', async () => {
    const notices = async (percent: number) => {
      const ports = doubles();
      const checks = [{ kind: 'errors-vs-stable' } as const];
      const steps = [{ weight: Weight.of(percent), pause: Duration.minutes(1) }];
      await run(ports, canaryPlan({ spec: { ...spec, checks, steps } }));
      return ports.pipeline.events.flatMap(event => (event.type === 'notice' ? [event.text] : []));
    };
    assert.match((await notices(100)).join(), /^At 100 % stable has no requests: the canary is not compared/);
    assert.deepEqual(await notices(99), []);
  });

  it('never deletes what does not carry our label', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[failing]];
    const apply = ports.cluster.apply.bind(ports.cluster);
    ports.cluster.apply = async object => {
      const foreign =
        object.kind === 'Service' ? { ...object, metadata: { ...object.metadata, labels: {} } } : object;
      return apply(foreign);
    };
    const ending = await run(ports);
    assert.deepEqual([...ports.cluster.objects.keys()].sort(), [
      'Deployment shop/web',
      'Service shop/web-canary',
    ]);
    assert.match(ending.leftovers.join(), /Service shop\/web-canary was left alone/);
    assert.equal(ports.lock.released, false);
  });
});

describe('a cancelled release', () => {
  it('stops at once and cleans up', async () => {
    const ports = doubles();
    ports.metrics.isIdle = async () => false;
    ports.clock.onSleep = now => {
      if (now >= 60_000) ports.pipeline.cancel();
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'cancelled');
    assert.deepEqual(ports.router.calls, ['open', 'weight 10', 'stop', 'close']);
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
    assert.deepEqual(ports.cluster.awaitedGone, [], 'pods may take longer to end than the agent waits');
    assert.ok(ports.clock.now() < 75_000, 'the drain is cut to fit into the grace of the agent');
  });

  it('does not wait for a server that hangs', async () => {
    const ports = doubles();
    ports.router.setWeight = () => new Promise(() => {});
    setTimeout(() => ports.pipeline.cancel(), 20);
    const ending = await run(ports);
    assert.equal(ending.outcome, 'cancelled');
    // The second stop is for the weight, should it get there after the first.
    assert.deepEqual(ports.router.calls, ['open', 'stop', 'stop', 'close']);
  });

  it('is guarded until its lock is given back: a step that dies just before that leaves it to the guard', async () => {
    const ports = doubles();
    let guarded = false;
    ports.lock.release = async () => {
      guarded = ports.pipeline.armed !== undefined;
    };
    assert.equal((await run(ports)).outcome, 'promoted');
    assert.equal(guarded, true);
    assert.equal(ports.pipeline.armed, undefined);
  });

  it('leaves the canary at its weight while stable is being replaced, for the guard to end', async () => {
    const ports = doubles();
    ports.cluster.beforeWrite = write => {
      if (write.startsWith('patch Deployment shop/web /spec/template')) ports.pipeline.cancel();
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'cancelled');
    assert.equal(ending.weight, 50);
    assert.deepEqual(ports.router.calls, ['open', 'weight 10', 'weight 50']);
    assert.equal(ports.pipeline.armed?.release, 'web');
    assert.equal(ports.lock.records.at(-1)?.phase, 'promoting');
    assert.equal(ports.lock.released, false);
  });

  it('writes nothing more once another run has taken the lock', async () => {
    const ports = doubles();
    ports.clock.onSleep = now => {
      if (now >= 60_000) ports.lock.lose();
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'failed');
    assert.match(ending.reason, /Another run has taken over/);
    assert.deepEqual(ports.router.calls, ['open', 'weight 10']);
  });

  it('does not touch the canary of another run where it fails for what that one has done to it', async () => {
    const ports = doubles();
    ports.metrics.measure = async () => {
      // Its timers come later: this is how a process finds out that was frozen.
      queueMicrotask(() => ports.lock.lose());
      return [failing];
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'failed');
    assert.match(ending.reason, /Another run has taken over/);
    assert.deepEqual(ports.router.calls, ['open', 'weight 10']);
  });
});

describe('a rollback that meets trouble', () => {
  it('is no rollback where another run took over in the middle of it', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[failing]];
    ports.router.close = async () => {
      ports.lock.lose();
      return [];
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'failed');
    assert.match(ending.reason, /^Another run has taken over this release; At 10 %: /);
    assert.equal(ports.lock.released, false);
  });

  it('says that traffic is still on the canary, and keeps its pods, where the stop does not get through', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[failing]];
    ports.router.stopFails = true;
    const ending = await run(ports);
    assert.equal(ending.outcome, 'failed');
    const story = 'The canary still gets 10 % of the requests, which could not be taken off it: At 10 %: ';
    assert.ok(ending.reason.startsWith(story), ending.reason);
    assert.equal(ending.failedStep, '10 %');
    assert.equal(ending.weight, 10);
    assert.match(ending.leftovers.join(), /Traffic could not be taken off/);
    assert.ok(ports.cluster.objects.has('Deployment shop/web-canary'));
    assert.equal(ports.pipeline.armed?.release, 'web');
  });

  it('waits no longer than the drain for a Prometheus that hangs', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[failing]];
    ports.metrics.isIdle = () => new Promise(() => {});
    const ending = await run(ports);
    assert.deepEqual(ending.leftovers, []);
    assert.equal(ports.clock.now(), 5_000 + 30_000 + 30_000);
  });

  it('removes the rest where one object resists', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[failing]];
    ports.cluster.beforeWrite = write => {
      if (write === 'delete Service shop/web-canary') throw new CanaryError('CLUSTER_FORBIDDEN', 'may not');
    };
    const ending = await run(ports);
    assert.equal(ending.leftovers.length, 1);
    assert.match(ending.leftovers.join(), /Service shop\/web-canary could not be removed: may not/);
    assert.ok(!ports.cluster.objects.has('Deployment shop/web-canary'));
  });
});

describe('a release without traffic on trial', () => {
  const first = (): WritingPlan => ({
    kind: 'first-release',
    spec,
    name: 'web',
    namespace: 'shop',
    notes: [],
    remarks: [],
    objects: [{ object: deployment('web', 'app:1'), isNew: true }],
  });

  it('is applied and awaited when it is the first', async () => {
    const ports = doubles();
    const ending = await run(ports, first());
    assert.equal(ending.outcome, 'first-release');
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
  });

  it('is removed again when the first never gets ready', async () => {
    const ports = doubles();
    ports.cluster.neverReady.add('web');
    const ending = await run(ports, first());
    assert.equal(ending.outcome, 'rolled-back');
    assert.deepEqual([...ports.cluster.objects.keys()].map(String), []);
  });
});

describe('the pods of a canary that has users', () => {
  it('takes the canary back at once when its pods break, without asking anybody', async () => {
    const ports = doubles();
    const setWeight = ports.router.setWeight.bind(ports.router);
    ports.router.setWeight = async weight => {
      await setWeight(weight);
      void ports.clock.sleep(Duration.seconds(7)).then(() => ports.cluster.breakPods('none of 1 is ready'));
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'rolled-back');
    assert.equal(ending.reason, 'At 10 %: pods not healthy: none of 1 is ready');
    assert.equal(ending.failedCheck, 'pods');
    const lasted = ports.pipeline.events.flatMap(event =>
      event.type === 'step-ended' ? [event.lasted] : [],
    );
    assert.deepEqual(lasted.map(String), ['7s'], 'no interval was waited for');
    const checks = ports.pipeline.events.flatMap(event =>
      event.type === 'measured' ? [event.measurement.check] : [],
    );
    assert.deepEqual(checks, ['pods']);
  });

  it('does not take the end of the canary’s pods at a promotion for trouble', async () => {
    const ports = doubles();
    let breakLate = () => {};
    ports.cluster.beforeWrite = write => {
      if (write.startsWith('patch Deployment shop/web /spec/template')) breakLate();
    };
    breakLate = () => ports.cluster.breakPods('no pod is left');
    assert.equal((await run(ports)).outcome, 'promoted');
  });
});
