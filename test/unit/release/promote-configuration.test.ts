import assert from 'node:assert/strict';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { CanaryPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { canaryPlan, type Doubles, deployment, doubles, failing } from './doubles.ts';
import { image, run } from './run.ts';

const ours = { 'ambassador-canary/release': 'web' };
function configMap(name: string, data: object, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop', ...metadata }, data };
}
const old = configMap('settings', { a: '1', gone: 'x' }, { labels: { team: 'blue' } });
const twin = configMap('settings-canary', { a: '2' }, { labels: ours });
const before = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings-before-canary', namespace: 'shop' };
const template = (name: string) => ({
  spec: { containers: [{ name: 'app', image: 'app:2', envFrom: [{ configMapRef: { name } }] }] },
});

/** The app reads `settings`, which changes; its canary reads the copy. */
function planned(changes: Partial<CanaryPlan> = {}): CanaryPlan {
  const plan = canaryPlan();
  const [web] = plan.workloads;
  return {
    ...plan,
    workloads: [
      {
        ...web,
        canary: { ...web.canary, spec: { template: template('settings-canary') } },
        promoted: deployment('web', 'app:2', { template: template('settings') }),
        renames: [{ kind: 'ConfigMap', from: 'settings', to: 'settings-canary' }],
      },
    ],
    surroundings: [twin],
    configuration: [
      {
        object: configMap('settings', { a: '2' }, { labels: { team: 'red' } }),
        stale: ['/data/gone'],
        before,
      },
    ],
    ...changes,
  };
}

async function release(ports: Doubles, plan = planned()) {
  await ports.cluster.apply(old);
  return run(ports, plan);
}
const stored = (ports: Doubles, name: string) => ports.cluster.objects.get(`ConfigMap shop/${name}`);

describe('configuration that changes with the version', () => {
  it('is there as a copy before the pods that read it, and not touched on a rollback', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[failing]];
    const ending = await release(ports);
    assert.equal(ending.outcome, 'rolled-back');
    const { writes } = ports.cluster;
    const copy = writes.indexOf('apply ConfigMap shop/settings-canary');
    assert.ok(copy !== -1 && copy < writes.indexOf('apply Deployment shop/web-canary'));
    assert.ok(writes.includes('delete ConfigMap shop/settings-canary'));
    assert.deepEqual(
      writes.filter(write => / ConfigMap shop\/settings( |$)/.test(write)),
      [],
    );
    assert.deepEqual([...ports.cluster.objects.keys()], ['ConfigMap shop/settings', 'Deployment shop/web']);
  });

  it('is changed before stable is replaced, and neither copy nor backup is left', async () => {
    const ports = doubles();
    const ending = await release(ports);
    assert.deepEqual([ending.outcome, ending.leftovers], ['promoted', []]);
    const { writes } = ports.cluster;
    const order = [
      'apply ConfigMap shop/settings-before-canary',
      'apply ConfigMap shop/settings',
      'patch ConfigMap shop/settings /data/gone=',
    ].map(write => writes.indexOf(write));
    const replaced = writes.findIndex(write => write.startsWith('patch Deployment shop/web /spec/template'));
    assert.ok(!order.includes(-1), writes.join('\n'));
    assert.deepEqual(
      [...order, replaced],
      [...order, replaced].toSorted((a, b) => a - b),
    );
    assert.deepEqual([...ports.cluster.objects.keys()], ['ConfigMap shop/settings', 'Deployment shop/web']);
    assert.deepEqual(stored(ports, 'settings')?.data, { a: '2' });
  });

  it('is kept in an object of its own kind while promotion is under way, with our label and no other', async () => {
    const ports = doubles();
    let kept: KubeObject | undefined;
    ports.cluster.beforeWrite = write => {
      if (write.startsWith('patch Deployment shop/web /spec/template')) {
        kept = stored(ports, 'settings-before-canary');
      }
    };
    await release(ports);
    assert.deepEqual([kept?.data, kept?.metadata.labels], [old.data, ours]);
  });

  for (const [trouble, fail] of [
    [
      'stable does not get ready',
      (ports: Doubles) => {
        ports.cluster.beforeWrite = write => {
          if (!write.startsWith('patch Deployment shop/web /spec/template')) return;
          if (write.includes('app:2')) ports.cluster.neverReady.add('web');
          else ports.cluster.neverReady.delete('web');
        };
      },
    ],
    [
      'the answer to its own change is lost',
      (ports: Doubles) => {
        const { apply } = ports.cluster;
        ports.cluster.apply = async object => {
          const result = await apply.call(ports.cluster, object);
          if (object.metadata.name === 'settings' && object.data !== old.data) throw new Error('no answer');
          return result;
        };
      },
    ],
  ] as const) {
    it(`is what it was, labels and all, where ${trouble}`, async () => {
      const ports = doubles();
      fail(ports);
      const ending = await release(ports);
      assert.equal(ending.outcome, 'rolled-back', ending.reason);
      assert.deepEqual(stored(ports, 'settings')?.data, old.data);
      assert.deepEqual(stored(ports, 'settings')?.metadata.labels, old.metadata.labels);
      assert.equal(image(ports, 'Deployment shop/web'), 'app:1');
      assert.deepEqual([...ports.cluster.objects.keys()].sort(), [
        'ConfigMap shop/settings',
        'Deployment shop/web',
      ]);
    });
  }

  it('that was not there before is gone again where stable does not get ready', async () => {
    const ports = doubles();
    ports.cluster.beforeWrite = write => {
      if (!write.startsWith('patch Deployment shop/web /spec/template')) return;
      if (write.includes('app:2')) ports.cluster.neverReady.add('web');
      else ports.cluster.neverReady.delete('web');
    };
    const added = { object: configMap('optional', { a: '2' }), stale: [] };
    const ending = await run(ports, planned({ surroundings: [], configuration: [added] }));
    assert.equal(ending.outcome, 'rolled-back');
    assert.deepEqual([...ports.cluster.objects.keys()], ['Deployment shop/web']);
  });

  it('is no difference between what was tested and what is promoted, but another reference is', async () => {
    const plan = planned();
    const [web] = plan.workloads;
    const promoted = deployment('web', 'app:2', { template: template('something-else') });
    const ending = await release(doubles(), { ...plan, workloads: [{ ...web, promoted }] });
    assert.equal(ending.outcome, 'rolled-back');
    assert.match(ending.reason, /would not run what was tested/);
  });
});

describe('what a release adds for good', () => {
  it('goes with a rollback, but a claim stays and is named', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[failing]];
    const claim = { ...configMap('data', {}), kind: 'PersistentVolumeClaim' };
    const ending = await run(ports, canaryPlan({ additions: [configMap('new', {}), claim] }));
    assert.deepEqual([ending.outcome, ending.leftovers], ['rolled-back', []]);
    assert.deepEqual(
      [...ports.cluster.objects.keys()],
      ['Deployment shop/web', 'PersistentVolumeClaim shop/data'],
    );
    assert.ok(
      ports.pipeline.events.some(
        event => event.type === 'notice' && event.text.startsWith('PersistentVolumeClaim shop/data is kept'),
      ),
    );
  });
});
