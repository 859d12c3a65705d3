import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import {
  nameOf,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { canaryPlan, type Doubles, deployment, doubles, spec, unclear } from './doubles.ts';
import { image, run } from './run.ts';

const isTemplate = (write: string, name = 'web') =>
  write.startsWith(`patch Deployment shop/${name} /spec/template`);

function configMap(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data: { limit: '1' } };
}

/** Stable never gets ready with the new version; `andOld` not with the old one either. */
function stableNeverReady(ports: Doubles, { andOld }: { readonly andOld: boolean }): void {
  ports.cluster.beforeWrite = write => {
    if (!isTemplate(write)) return;
    if (write.includes('app:2') || andOld) ports.cluster.neverReady.add('web');
    else ports.cluster.neverReady.delete('web');
  };
}

function two(): ReturnType<typeof canaryPlan> {
  const plan = canaryPlan();
  const [web] = plan.workloads;
  const api = {
    ...web,
    stable: { ...web.stable, name: 'api' },
    canary: { ...web.canary, metadata: { ...web.canary.metadata, name: 'api-canary' } },
    services: [],
    promoted: deployment('api', 'app:2'),
  };
  return { ...plan, workloads: [web, api] };
}

describe('a promotion', () => {
  it('applies annotated routes apart from those that are objects, of which Emissary would lose one', async () => {
    const ports = doubles();
    const times = new Map<string, number>();
    ports.cluster.beforeWrite = write => {
      times.set(write, ports.clock.now());
    };
    const annotations = { 'getambassador.io/config': 'kind: Mapping' };
    const metadata = { name: 'web', namespace: 'shop', annotations };
    const rest = [{ apiVersion: 'v1', kind: 'Service', metadata }, configMap('dashboard')];
    await run(ports, canaryPlan({ rest }));
    const at = (write: string) => times.get(write) ?? Number.NaN;
    assert.ok(at('apply Service shop/web') - at('apply ConfigMap shop/dashboard') >= 2000);
  });

  it('names a worker that does not get ready with its new version, and takes nothing back for it', async () => {
    const ports = doubles();
    ports.cluster.neverReady.add('worker');
    const ending = await run(ports, canaryPlan({ rest: [deployment('worker', 'app:2')] }));
    assert.equal(ending.outcome, 'promoted');
    assert.deepEqual(ending.leftovers, ['Deployment shop/worker did not get ready']);
    assert.equal(image(ports, 'Deployment shop/web'), 'app:2');
  });

  it('applies what configures the new version before it replaces stable, and the rest when the route is gone', async () => {
    const ports = doubles();
    const order = ports.cluster.writes;
    const { close } = ports.router;
    ports.router.close = () => {
      order.push('close');
      return close.call(ports.router);
    };
    await run(
      ports,
      canaryPlan({
        configuration: [{ object: configMap('limits'), stale: [] }],
        rest: [configMap('dashboard')],
      }),
    );
    const places = [
      order.indexOf('apply ConfigMap shop/limits'),
      order.findIndex(write => isTemplate(write)),
      order.indexOf('close'),
      order.indexOf('apply ConfigMap shop/dashboard'),
      order.indexOf('delete Deployment shop/web-canary'),
    ];
    assert.ok(!places.includes(-1));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
  });

  it('keeps what the new version needed, and takes it away again with a rollback', async () => {
    const plan = canaryPlan({ additions: [configMap('new')], newWorkloads: [deployment('worker', 'app:2')] });
    const promoted = doubles();
    await run(promoted, plan);
    assert.deepEqual([...promoted.cluster.objects.keys()].sort(), [
      'ConfigMap shop/new',
      'Deployment shop/web',
      'Deployment shop/worker',
    ]);
    const undone = doubles();
    stableNeverReady(undone, { andOld: false });
    await run(undone, plan);
    assert.deepEqual([...undone.cluster.objects.keys()], ['Deployment shop/web']);
  });

  it('applies the whole manifest where more than the template changes, with the replicas that run', async () => {
    const ports = doubles();
    const plan = canaryPlan();
    const applied: KubeObject[] = [];
    const apply = ports.cluster.apply.bind(ports.cluster);
    ports.cluster.apply = async object => {
      applied.push(object);
      return apply(object);
    };
    const { replicas: _, ...others } = deployment('web', 'app:2').spec as Record<string, unknown>;
    const promoted = { ...deployment('web', 'app:2'), spec: { ...others, minReadySeconds: 5 } };
    await run(ports, {
      ...plan,
      workloads: [{ ...plan.workloads[0], promoted, changesBesidesTemplate: true }],
    });
    assert.deepEqual(applied.at(-1)?.spec, { ...others, minReadySeconds: 5, replicas: 4 });
  });

  it('applies the replicas of the manifest where that has some', async () => {
    const ports = doubles();
    const plan = canaryPlan();
    const promoted = deployment('web', 'app:2', { replicas: 6 });
    const template = (deployment('web', 'app:2').spec as Record<string, unknown>).template;
    await run(ports, {
      ...plan,
      workloads: [
        {
          ...plan.workloads[0],
          promoted: { ...promoted, spec: { replicas: 6, template } },
          changesBesidesTemplate: true,
        },
      ],
    });
    assert.equal(valueAt(ports.cluster.objects.get('Deployment shop/web'), 'spec', 'replicas'), 6);
  });

  it('takes back all that it changed of a stable that does not get ready, not only its template', async () => {
    const ports = doubles();
    stableNeverReady(ports, { andOld: false });
    const plan = canaryPlan();
    const promoted = deployment('web', 'app:2', { replicas: 6, minReadySeconds: 5 });
    const labelled = { ...promoted, metadata: { ...promoted.metadata, labels: { commit: '12345e6' } } };
    const ending = await run(ports, {
      ...plan,
      workloads: [{ ...plan.workloads[0], promoted: labelled, changesBesidesTemplate: true }],
    });
    assert.equal(ending.outcome, 'rolled-back');
    const { metadata, spec: restored } = ports.cluster.objects.get('Deployment shop/web') as KubeObject;
    assert.deepEqual([restored, metadata.labels], [deployment('web', 'app:1').spec, undefined]);
  });

  it('leaves a stable that does not get ready the replicas that its autoscaler gave it meanwhile', async () => {
    const ports = doubles();
    stableNeverReady(ports, { andOld: false });
    const plan = canaryPlan();
    const { replicas: _, ...others } = deployment('web', 'app:2').spec as Record<string, unknown>;
    const promoted = { ...deployment('web', 'app:2'), spec: { ...others, minReadySeconds: 5 } };
    const { awaitReady } = ports.cluster;
    ports.cluster.awaitReady = async (workloads, options) => {
      if (workloads.some(({ name }) => name === 'web' && ports.cluster.neverReady.has(name)))
        await ports.cluster.patch(plan.workloads[0].stable, [
          { op: 'replace', path: '/spec/replicas', value: 9 },
        ]);
      return awaitReady.call(ports.cluster, workloads, options);
    };
    await run(ports, {
      ...plan,
      workloads: [{ ...plan.workloads[0], promoted, changesBesidesTemplate: true }],
    });
    assert.deepEqual(ports.cluster.objects.get('Deployment shop/web')?.spec, {
      ...(deployment('web', 'app:1').spec as object),
      replicas: 9,
    });
  });

  it('goes back to what stable was just before it was replaced, also where somebody changed it meanwhile', async () => {
    const ports = doubles();
    stableNeverReady(ports, { andOld: false });
    const { get } = ports.cluster;
    let meddled = false;
    ports.cluster.get = async ref => {
      const live = await get.call(ports.cluster, ref);
      if (ref.name === 'web' && !meddled) {
        meddled = true;
        await ports.cluster.apply(deployment('web', 'app:1-hotfix'));
      }
      return live;
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'rolled-back');
    assert.equal(image(ports, 'Deployment shop/web'), 'app:1-hotfix');
  });

  for (const [field, other] of Object.entries({
    containers: [
      { name: 'app', image: 'app:2' },
      { name: 'proxy', image: 'proxy:1' },
    ],
    initContainers: [{ name: 'migrate', image: 'app:2' }],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  })) {
    it(`refuses a stable whose ${field} are not those that were tested`, async () => {
      const ports = doubles();
      const { patch } = ports.cluster;
      ports.cluster.patch = async (ref, operations) => {
        const stored = await patch.call(ports.cluster, ref, operations);
        if (ref.name !== 'web') return stored;
        return {
          ...stored,
          spec: { template: { spec: { containers: [{ name: 'app', image: 'app:2' }], [field]: other } } },
        };
      };
      const ending = await run(ports);
      assert.equal(ending.outcome, 'rolled-back');
      assert.match(ending.reason, new RegExp(`would not run what was tested: expected the same ${field} as`));
    });
  }

  it('takes no offence at a canary that somebody removed once stable is of the new version', async () => {
    const ports = doubles();
    ports.cluster.beforeWrite = write => {
      if (isTemplate(write)) ports.cluster.objects.delete('Deployment shop/web-canary');
    };
    assert.equal((await run(ports)).outcome, 'promoted');
  });

  it('lets all canaries carry everything for a while before any stable goes down', async () => {
    const ports = doubles();
    await ports.cluster.apply(deployment('api', 'app:1'));
    const plan = two();
    const [web, api] = plan.workloads;
    const at: Record<string, number> = {};
    ports.router.setWeight = async weight => {
      at[`${weight}`] = ports.clock.now();
    };
    ports.cluster.beforeWrite = write => {
      if (isTemplate(write) || isTemplate(write, 'api')) at.template ??= ports.clock.now();
    };
    assert.ok(api !== undefined);
    await run(ports, { ...plan, workloads: [web, { ...api, rolloutTakesAllPods: true }] });
    assert.equal(at.template, (at['100 %'] ?? 0) + 5_000);
    for (const name of ['web', 'api']) {
      assert.ok(ports.cluster.writes.includes(`patch Deployment shop/${name}-canary /spec/replicas=4`));
    }
  });

  it('does not make a stable again that somebody deleted', async () => {
    const ports = doubles();
    ports.router.setWeight = async () => {
      ports.cluster.objects.delete('Deployment shop/web');
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'rolled-back');
    assert.match(ending.reason, /Deployment shop\/web is gone/);
    assert.equal(ports.cluster.objects.has('Deployment shop/web'), false);
  });

  it('gives up on a stable that somebody else writes again and again', async () => {
    const ports = doubles();
    let tries = 0;
    ports.cluster.beforeWrite = write => {
      if (!isTemplate(write)) return;
      tries += 1;
      throw new CanaryError('CLUSTER_CONFLICT', 'the object has been modified');
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'rolled-back');
    assert.match(ending.reason, /the object has been modified/);
    assert.equal(tries, 5);
    assert.ok(!ports.pipeline.events.some(event => event.type === 'ready' && event.what === ''));
  });

  it('names what it could not clear up, and is a promotion all the same', async () => {
    const ports = doubles();
    ports.router.close = async () => {
      throw new CanaryError('CLUSTER_FORBIDDEN', 'may not');
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'promoted');
    assert.deepEqual(ending.leftovers, ['The canary is still there: may not']);
    assert.equal(image(ports, 'Deployment shop/web'), 'app:2');
    assert.equal(ports.lock.released, false);
  });
});

describe('a canary that has to carry everything', () => {
  const sized = async (stableReplicas: number, canaryReplicas: number | 'auto') => {
    const ports = doubles();
    const plan = canaryPlan({ spec: { ...spec, canaryReplicas } });
    const [web] = plan.workloads;
    await run(ports, { ...plan, workloads: [{ ...web, stableReplicas, rolloutTakesAllPods: true }] });
    return ports.cluster.writes.filter(write => write.includes('/spec/replicas=')).at(-1);
  };

  it('has as many pods as stable', async () => {
    assert.equal(await sized(4, 'auto'), 'patch Deployment shop/web-canary /spec/replicas=4');
    assert.equal(await sized(4, 2), 'patch Deployment shop/web-canary /spec/replicas=4');
  });

  it('keeps the pods that it has where stable has fewer, or none at all', async () => {
    assert.equal(await sized(4, 7), 'patch Deployment shop/web-canary /spec/replicas=7');
    assert.equal(await sized(0, 'auto'), 'patch Deployment shop/web-canary /spec/replicas=1');
  });
});

describe('a promotion that leaves something behind', () => {
  it('keeps lock and guard for it', async () => {
    const ports = doubles();
    ports.cluster.beforeWrite = write => {
      if (write === 'delete Service shop/web-canary') throw new CanaryError('CLUSTER_FORBIDDEN', 'may not');
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'promoted');
    assert.deepEqual(ending.leftovers, ['Service shop/web-canary could not be removed: may not']);
    assert.equal(ports.lock.released, false);
    assert.equal(ports.pipeline.armed?.release, 'web');
  });

  it('also says what went unverified', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[unclear]];
    ports.router.close = () => Promise.reject(new CanaryError('CLUSTER_FORBIDDEN', 'may not'));
    const ending = await run(ports, canaryPlan({ spec: { ...spec, onInconclusive: 'continue' } }));
    assert.match(
      ending.leftovers.join('; '),
      /^Went on unverified at 10 %: .*; Went on unverified at 50 %: .*; The canary is still there: may not$/,
    );
  });
});

describe('a promotion that fails', () => {
  it('leaves the canary its share where stable does not get ready with its old version either', async () => {
    const ports = doubles();
    stableNeverReady(ports, { andOld: true });
    const ending = await run(ports);
    assert.equal(ending.outcome, 'failed');
    assert.equal(ending.weight, 50);
    assert.match(ending.reason, /did not get ready; with its old version again: .*did not get ready/);
    assert.deepEqual(ending.leftovers, ['The canary keeps 50 % until stable is ready']);
    assert.deepEqual(ports.router.calls, ['open', 'weight 10', 'weight 50']);
    assert.ok(ports.cluster.objects.has('Deployment shop/web-canary'));
    assert.equal(ports.pipeline.armed?.release, 'web', 'the guard looks after it');
    assert.equal(ports.lock.records.at(-1)?.phase, 'promoting');
    assert.equal(ports.lock.released, false);
  });

  it('gives the others their old version where one stable resists', async () => {
    const ports = doubles();
    await ports.cluster.apply(deployment('api', 'app:1'));
    ports.cluster.beforeWrite = write => {
      if (isTemplate(write, 'api') && write.includes('app:2')) ports.cluster.neverReady.add('api');
      if (isTemplate(write) && write.includes('app:1')) throw new CanaryError('CLUSTER_REFUSED', 'frozen');
    };
    const ending = await run(ports, two());
    assert.equal(ending.outcome, 'failed');
    assert.match(ending.reason, /frozen/);
    assert.equal(image(ports, 'Deployment shop/api'), 'app:1');
  });

  it('undoes both of two where one does not get ready', async () => {
    const ports = doubles();
    await ports.cluster.apply(deployment('api', 'app:1'));
    ports.cluster.beforeWrite = write => {
      if (!isTemplate(write, 'api')) return;
      if (write.includes('app:2')) ports.cluster.neverReady.add('api');
      else ports.cluster.neverReady.delete('api');
    };
    const ending = await run(ports, two());
    assert.equal(ending.outcome, 'rolled-back');
    for (const name of ['web', 'api']) assert.equal(image(ports, `Deployment shop/${name}`), 'app:1');
  });

  it('takes the canary back where stable was not touched yet', async () => {
    const ports = doubles();
    ports.cluster.beforeWrite = write => {
      if (write === 'apply ConfigMap shop/limits') throw new CanaryError('CLUSTER_REFUSED', 'immutable');
    };
    const ending = await run(
      ports,
      canaryPlan({ configuration: [{ object: configMap('limits'), stale: [] }] }),
    );
    assert.equal(ending.outcome, 'rolled-back');
    assert.match(ending.reason, /immutable/);
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
    assert.ok(!ports.cluster.writes.some(write => isTemplate(write)));
  });
});

describe('a promotion that is cancelled', () => {
  it('leaves the route to the guard where stable is new and requests are still in flight at the canary', async () => {
    const ports = doubles();
    ports.metrics.isIdle = async () => {
      ports.pipeline.cancel();
      return false;
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'cancelled');
    assert.equal(ending.weight, 0);
    assert.deepEqual(ports.router.calls, ['open', 'weight 10', 'weight 50', 'stop']);
    assert.equal(ports.pipeline.armed?.release, 'web');
    assert.equal(ports.lock.released, false);
  });

  it('has not touched the route where stable was only just ready', async () => {
    const ports = doubles();
    ports.clock.onSleep = () => {
      const applied = ports.pipeline.events.filter(event => event.type === 'applied').at(-1);
      if (applied?.type === 'applied' && applied.note === 'new version') ports.pipeline.cancel();
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'cancelled');
    assert.equal(ending.weight, 50);
    assert.deepEqual(ports.router.calls, ['open', 'weight 10', 'weight 50']);
  });

  it('does not wait for an API server that hangs', async () => {
    const ports = doubles();
    ports.cluster.patch = ref => {
      if (ref.name === 'web') setTimeout(() => ports.pipeline.cancel(), 5);
      return ref.name === 'web' ? new Promise(() => {}) : Promise.resolve(deployment(ref.name, 'app:2'));
    };
    const ending = await run(ports);
    assert.equal(ending.outcome, 'cancelled');
    assert.equal(ending.weight, 50);
  });
});

describe('what the log is told', () => {
  const deleted = (ports: Doubles) =>
    ports.pipeline.events.flatMap(event => (event.type === 'deleted' ? [nameOf(event.object)] : []));

  it('names each object that was deleted', async () => {
    const ports = doubles();
    await run(ports);
    assert.deepEqual(deleted(ports), [
      'Mapping shop/web-canary',
      'Service shop/web-canary',
      'Deployment shop/web-canary',
    ]);
  });

  it('does not tell of a route that was deleted where there was none yet', async () => {
    const ports = doubles();
    ports.cluster.neverReady.add('web-canary');
    await run(ports);
    assert.deepEqual(deleted(ports), ['Service shop/web-canary', 'Deployment shop/web-canary']);
  });

  it('does not tell that traffic was taken off a canary that had none', async () => {
    const ports = doubles();
    ports.cluster.neverReady.add('web-canary');
    await run(ports);
    assert.ok(!ports.pipeline.events.some(({ type }) => type === 'stopped'));
  });

  it('names the errors of a release that fails once, and none of one that is cancelled', async () => {
    const failed = doubles();
    failed.cluster.neverReady.add('web-canary');
    const { reason } = await run(failed);
    assert.match(reason, /^ROLLOUT_NOT_READY: Deployment shop\/web-canary did not get ready$/);
    const errors = failed.pipeline.events.flatMap(event => (event.type === 'failed' ? event.errors : []));
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['ROLLOUT_NOT_READY'],
    );
    const cancelled = doubles();
    cancelled.clock.onSleep = () => cancelled.pipeline.cancel();
    await run(cancelled);
    assert.ok(!cancelled.pipeline.events.some(({ type }) => type === 'failed'));
  });

  it('does not tell of a wait for requests in flight where there is no time for one', async () => {
    const ports = doubles();
    await run(ports, canaryPlan({ spec: { ...spec, drain: Duration.zero } }));
    const waits = ports.pipeline.events.flatMap(event => (event.type === 'waiting' ? [event.what] : []));
    assert.equal(waits.filter(what => what.includes('in flight')).length, 0);
  });
});
