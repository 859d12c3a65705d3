import assert from 'node:assert/strict';
import { canaryObjects } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/canary-objects.ts';
import { valueAt } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Ending } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/outcome.ts';
import {
  type ReleaseRecord,
  recordFor,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { runRelease } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/run-release.ts';
import { differencesFromPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verify-canary.ts';
import { canaryPlan, type Doubles, deployment, doubles, failing, unclear } from './doubles.ts';
import { claim, image } from './run.ts';

const plan = canaryPlan();

/** The record of a run that died in the middle of the second step. */
const dead: ReleaseRecord = {
  ...recordFor(claim, plan),
  phase: 'stepping',
  weight: 50,
  step: { index: 1, weight: 50, passed: false },
  evidence: 'of the first step',
};

/** What a run left behind that died in the middle of the second step. */
async function scene(twinWeight = 50): Promise<Doubles> {
  const ports = doubles();
  await ports.cluster.apply(deployment('web', 'app:1'));
  for (const object of canaryObjects(plan)) await ports.cluster.apply(object);
  for (const { twin } of plan.routes) {
    await ports.cluster.apply({ ...twin, spec: { ...(twin.spec as object), weight: twinWeight } });
  }
  ports.cluster.writes.length = 0;
  return ports;
}

function goOn(ports: Doubles, record = dead, at = 1): Promise<Ending> {
  return runRelease(plan, ports, record, at);
}

const steps = ({ pipeline }: Doubles) =>
  pipeline.events.flatMap(event => (event.type === 'step-started' ? [event.index] : []));

describe('a release that goes on where another process died', () => {
  it('takes the step that was under way from its beginning, and makes nothing anew', async () => {
    const ports = await scene();
    const ending = await goOn(ports);
    assert.equal(ending.outcome, 'promoted');
    assert.deepEqual(steps(ports), [1]);
    assert.deepEqual(ports.router.calls.slice(0, 2), ['rejoin', 'weight 50']);
    assert.deepEqual(
      ports.cluster.writes.filter(write => write.startsWith('apply')),
      [],
    );
    assert.equal(image(ports, 'Deployment shop/web'), 'app:2');
  });

  it('hands the checks what they had learnt, and counts the interrupted window', async () => {
    const ports = await scene();
    await goOn(ports);
    assert.deepEqual(ports.metrics.wentOn, ['of the first step', 2]);
    const between = await scene();
    const step = { index: 0, weight: 10, passed: true };
    await goOn(between, { ...dead, weight: 10, step });
    assert.deepEqual(between.metrics.wentOn, ['of the first step', 1]);
  });

  it('says so where what they had learnt cannot be read, and goes on', async () => {
    const ports = await scene();
    const { evidence: _, ...silent } = dead;
    assert.equal((await goOn(ports, silent)).outcome, 'promoted');
    const warnings = ports.pipeline.events.flatMap(event => (event.type === 'warning' ? [event.text] : []));
    assert.match(warnings.join(), /the comparison with stable begins anew/);
  });

  it('promotes at once where all steps had passed', async () => {
    const ports = await scene();
    const ending = await goOn(ports, { ...dead, step: { index: 1, weight: 50, passed: true } }, 2);
    assert.equal(ending.outcome, 'promoted');
    assert.deepEqual(steps(ports), []);
  });

  it('rolls back at a failure, with all that the process before it had made', async () => {
    const ports = await scene();
    ports.metrics.rounds = [[failing]];
    const added = deployment('helper', 'helper:1');
    await ports.cluster.apply(added);
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'helper', namespace: 'shop' };
    const ending = await goOn(ports, { ...dead, added: [ref] });
    assert.equal(ending.outcome, 'rolled-back');
    assert.equal(image(ports, 'Deployment shop/web-canary'), undefined);
    assert.equal(image(ports, 'Deployment shop/helper'), undefined);
  });

  it('keeps in mind where it went on without being sure, through the death of the process', async () => {
    const ports = await scene();
    const ending = await goOn(ports, { ...dead, unverified: ['Went on unverified at 10 %'] });
    assert.deepEqual(ending.leftovers, ['Went on unverified at 10 %']);
    const first = doubles();
    await first.cluster.apply(deployment('web', 'app:1'));
    first.metrics.rounds = [[unclear]];
    const spec = { ...plan.spec, onInconclusive: 'continue' as const };
    await runRelease(canaryPlan({ spec }), first, recordFor(claim, plan));
    const told = first.lock.records.find(({ step }) => step?.index === 1)?.unverified;
    assert.match(told?.join() ?? '', /^Went on unverified at 10 %/);
  });

  it('writes how far it is once a step: before its weight, with what the step before has come to', async () => {
    const ports = doubles();
    await ports.cluster.apply(deployment('web', 'app:1'));
    await runRelease(plan, ports, recordFor(claim, plan));
    const told = ports.lock.records.map(({ phase, weight, step }) => [
      phase,
      weight,
      step && `${step.index} ${step.passed}`,
    ]);
    assert.deepEqual(told, [
      ['stepping', 10, '0 false'],
      ['stepping', 50, '1 false'],
      ['promoting', 50, '1 true'],
    ]);
    assert.equal(ports.lock.later?.weight, 0);
  });

  it('has a renewal of the lock say that a step has passed, where that comes before the next write', async () => {
    const ports = doubles();
    await ports.cluster.apply(deployment('web', 'app:1'));
    const told: unknown[] = [];
    ports.cluster.beforeWrite = write =>
      write.includes('/spec/replicas') && told.push(ports.lock.later?.step);
    await runRelease(plan, ports, recordFor(claim, plan));
    assert.deepEqual(told, [{ index: 0, weight: 10, passed: true }]);
  });
});

describe('the canary of another process', () => {
  it('is as planned where nobody has touched it, however large it has become', async () => {
    const ports = await scene();
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web-canary', namespace: 'shop' };
    await ports.cluster.patch(ref, [{ op: 'replace', path: '/spec/replicas', value: 2 }]);
    ports.cluster.writes.length = 0;
    assert.deepEqual(await differencesFromPlan(plan, dead, ports), []);
    assert.deepEqual(ports.cluster.writes, []);
  });

  const spoil: readonly [string, (ports: Doubles) => unknown, RegExp][] = [
    [
      'a Service of it is gone',
      ({ cluster }) => cluster.objects.delete('Service shop/web-canary'),
      /^Service shop\/web-canary is gone$/,
    ],
    [
      'its route is gone',
      ({ cluster }) => cluster.objects.delete('Mapping shop/web-canary'),
      /^Mapping shop\/web-canary is gone$/,
    ],
    [
      'its pods are of another template',
      ({ cluster }) => {
        const live = cluster.objects.get('Deployment shop/web-canary');
        assert.ok(live);
        const template = { spec: { containers: [{ name: 'app', image: 'app:3' }] } };
        cluster.objects.set('Deployment shop/web-canary', { ...live, spec: { replicas: 1, template } });
      },
      /^Deployment shop\/web-canary is not as planned$/,
    ],
    [
      'it carries our label no more',
      ({ cluster }) => {
        const live = cluster.objects.get('Service shop/web-canary');
        assert.ok(live);
        cluster.objects.set('Service shop/web-canary', {
          ...live,
          metadata: { ...live.metadata, labels: {} },
        });
      },
      /^Service shop\/web-canary is not this release's any more$/,
    ],
    ['its pods are not ready', ({ cluster }) => cluster.neverReady.add('web-canary'), /did not get ready/],
  ];
  for (const [why, how, expected] of spoil) {
    it(`is not as planned where ${why}`, async () => {
      const ports = await scene();
      how(ports);
      assert.match((await differencesFromPlan(plan, dead, ports)).join('; '), expected);
    });
  }

  it('is not gone on with where somebody else has deployed to stable since, but finished where that may be its own', async () => {
    const ports = await scene();
    const ran = (dead.ran ?? []).map(one => ({ ...one, digest: 'fedcba9876543210' }));
    assert.deepEqual(await differencesFromPlan(plan, { ...dead, ran }, ports), [
      'Deployment shop/web got other pods since then: somebody else has deployed to it',
    ]);
    assert.deepEqual(await differencesFromPlan(plan, { ...dead, ran, phase: 'promoting' }, ports), []);
  });

  it('holds the capacity of stable again where an autoscaler was changed since, and restores what that says', async () => {
    const hpa = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { minReplicas: 3, maxReplicas: 9 },
    };
    const { spec: _, metadata, ...kind } = hpa;
    const held = { autoscaler: { ...kind, ...metadata }, field: 'minReplicas', raised: 4 } as const;
    const ports = await scene();
    await ports.cluster.apply(hpa);
    const again = { ...plan, capacity: [{ ...held, was: 3 }] };
    const ending = await runRelease(again, ports, { ...dead, capacity: [{ ...held, was: 2 }] }, 1);
    assert.equal(ending.outcome, 'promoted');
    const name = 'HorizontalPodAutoscaler shop/web';
    assert.deepEqual(
      ports.cluster.writes.filter(write => write.startsWith(`patch ${name}`)),
      [`patch ${name} /spec/minReplicas=4`, `patch ${name} /spec/minReplicas=3`],
    );
  });

  it('is not gone on with where its traffic was taken off, for whoever did that had a reason', async () => {
    const ports = await scene(0);
    assert.equal(valueAt(ports.cluster.objects.get('Mapping shop/web-canary'), 'spec', 'weight'), 0);
    const told = await differencesFromPlan(plan, dead, ports);
    assert.deepEqual(told, ['Mapping shop/web-canary gets no traffic any more']);
  });

  it('is not gone on with where its pods were its share and were taken away', async () => {
    const ports = await scene();
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web-canary', namespace: 'shop' };
    await ports.cluster.patch(ref, [{ op: 'replace', path: '/spec/replicas', value: 0 }]);
    const told = await differencesFromPlan(plan, { ...dead, routes: [{ twin: ref }] }, ports);
    assert.ok(told.includes('Deployment shop/web-canary gets no traffic any more'), told.join());
  });

  it('is not gone on with where the record names other routes, objects or workloads', async () => {
    const ports = await scene();
    const ref = { apiVersion: 'v1', kind: 'Service', name: 'other', namespace: 'shop' };
    const others: Partial<ReleaseRecord>[] = [
      { routes: [...dead.routes, { twin: ref }] },
      { canary: [] },
      { workloads: [...dead.workloads, ref] },
    ];
    for (const part of others) {
      assert.notDeepEqual(
        await differencesFromPlan(plan, { ...dead, ...part }, ports),
        [],
        JSON.stringify(part),
      );
    }
  });
});
