import assert from 'node:assert/strict';
import {
  inNamespaces,
  survey,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/survey.ts';
import type { Change } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/surveyed.ts';
import {
  identityOf,
  type KubeObject,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { DryRunCluster } from './dry-run-cluster.ts';

function object(
  kind: string,
  name: string,
  rest: Readonly<Record<string, unknown>> = {},
  namespace = 'shop',
): KubeObject {
  const versions: Readonly<Record<string, string>> = {
    Deployment: 'apps/v1',
    Mapping: 'getambassador.io/v3alpha1',
    HorizontalPodAutoscaler: 'autoscaling/v2',
  };
  return { apiVersion: versions[kind] ?? 'v1', kind, metadata: { name, namespace }, ...rest };
}
const pods = (image: string) => ({ template: { spec: { containers: [{ name: 'app', image }] } } });
const space: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const web = object('Deployment', 'web', { spec: pods('app:1') });
const scaler = (name: string, target: Readonly<Record<string, string>>, namespace = 'shop') =>
  object('HorizontalPodAutoscaler', name, { spec: { scaleTargetRef: target } }, namespace);
const id = (one: KubeObject) => identityOf(refOf(one));

/** What was said of an object, without the object itself. */
const verdictOf = (change: Change | undefined) =>
  change && { template: change.template, besidesTemplate: change.besidesTemplate };

describe('filling in namespaces', () => {
  const fill = async (...objects: readonly KubeObject[]) =>
    (await inNamespaces(objects, 'fallback', new DryRunCluster())).map(({ metadata }) => metadata.namespace);

  it('keeps what the manifest says', async () => assert.deepEqual(await fill(web), ['shop']));

  it('takes the given one where the manifest says none', async () => {
    assert.deepEqual(await fill({ ...web, metadata: { name: 'web' } }), ['fallback']);
  });

  it('puts an object of the whole cluster into none, even where its manifest does', async () => {
    const role = object('ClusterRole', 'reader');
    assert.deepEqual(await fill(role, { ...role, metadata: { name: 'reader' } }), [undefined, undefined]);
    const [filled] = await inNamespaces([role], 'fallback', new DryRunCluster());
    assert.equal('namespace' in (filled?.metadata ?? {}), false);
  });
});

describe('a survey', () => {
  it('sees what exists, and what would become of it, and touches nothing', async () => {
    const cluster = new DryRunCluster(web, object('Service', 'web'), object('Mapping', 'web'));
    const manifests = [
      { ...web, spec: pods('app:2') },
      object('Service', 'web'),
      object('ConfigMap', 'new', { data: {} }),
    ];
    const { live, changes, services, mappings } = await survey(manifests, cluster);
    assert.deepEqual(
      [...live.keys()].sort(),
      [id(web), id(object('Mapping', 'web')), id(object('Service', 'web'))].sort(),
    );
    assert.deepEqual(Object.fromEntries([...changes].map(([of, change]) => [of, verdictOf(change)])), {
      [id(web)]: { template: true, besidesTemplate: false },
      [id(object('Service', 'web'))]: { template: false, besidesTemplate: false },
    });
    assert.deepEqual([services.length, mappings.length], [1, 1]);
  });

  it('asks one list for each kind and namespace, however many objects there are', async () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      object('Deployment', `web-${index}`, { spec: pods('app:1') }),
    );
    const elsewhere = object('Service', 'db', {}, 'data');
    const cluster = new DryRunCluster(...many);
    await survey([...many, elsewhere], cluster);
    const reads = cluster.asked.filter(question => !/^(apply|patch)/.test(question));
    assert.equal(new Set(reads).size, reads.length);
    assert.equal(reads.filter(question => question.startsWith('get')).length, 0);
  });

  it('asks for what it does not list by its name', async () => {
    const settings = object('ConfigMap', 'settings', { data: {} });
    const cluster = new DryRunCluster(web, settings, space);
    const { live } = await survey([web, settings, space], cluster);
    assert.ok(live.has(id(settings)) && live.has(id(space)));
    assert.ok(cluster.asked.includes('get ConfigMap shop/settings'));
    assert.ok(!cluster.asked.includes('get Deployment shop/web'));
  });

  it('tries out no more than a few objects at a time', async () => {
    const cluster = new DryRunCluster();
    await survey(
      Array.from({ length: 40 }, (_, index) => object('ConfigMap', `settings-${index}`)),
      cluster,
    );
    assert.equal(cluster.mostAtOnce, 8);
  });

  it('throws all that the server would refuse, at once', async () => {
    const cluster = new DryRunCluster(web);
    cluster.refused.set('a', 'not in this namespace').set('b', 'over quota');
    await assert.rejects(survey([web, object('ConfigMap', 'a'), object('ConfigMap', 'b')], cluster), {
      name: 'CanaryErrors',
      message: /not in this namespace[\s\S]*over quota/,
    });
  });

  it('does not try out what goes into a namespace that the release makes, but the namespace', async () => {
    const cluster = new DryRunCluster();
    cluster.refused.set('web', 'namespace shop not found');
    const { changes } = await survey([space, web], cluster);
    assert.deepEqual([...changes], []);
    assert.deepEqual(
      cluster.asked.filter(question => question.startsWith('apply')),
      ['apply Namespace shop'],
    );
  });

  it('tries out what goes into a namespace that is there, although its manifest is among the others', async () => {
    const cluster = new DryRunCluster(space);
    cluster.refused.set('web', 'over quota');
    await assert.rejects(survey([space, web], cluster), /over quota/);
  });

  const versions: [served: readonly string[], asked: string][] = [
    [['v1', 'v2', 'v3alpha1'], 'v3alpha1'],
    [['v2', 'v1'], 'v2'],
    [['v1'], 'v1'],
  ];
  for (const [served, asked] of versions) {
    it(`asks for Mappings as ${asked} where ${served.join(', ')} are served`, async () => {
      const cluster = new DryRunCluster(web);
      cluster.mappingVersions = served;
      await survey([web], cluster);
      assert.ok(cluster.asked.includes(`list getambassador.io/${asked} Mapping everywhere`));
    });
  }

  for (const [served, found] of [
    [[], 'no such group'],
    [['v9'], 'only v9'],
  ] as const) {
    it(`says that the cluster lacks Mappings where it serves ${found}`, async () => {
      const cluster = new DryRunCluster(web);
      cluster.mappingVersions = served;
      await assert.rejects(survey([web], cluster), { code: 'KIND_UNKNOWN', found });
    });
  }
});

describe('whose replicas they are', () => {
  const autoscaled = async (...others: readonly KubeObject[]) =>
    (await survey([web], new DryRunCluster(web, ...others))).autoscaled.has(id(web));

  it("is the manifest's where nobody else scales", async () => assert.equal(await autoscaled(), false));

  it("is an autoscaler's that names the Deployment", async () => {
    assert.equal(await autoscaled(scaler('any', { kind: 'Deployment', name: 'web' })), true);
  });

  it("is no autoscaler's of another workload, kind or namespace", async () => {
    assert.equal(
      await autoscaled(
        scaler('a', { kind: 'Deployment', name: 'api' }),
        scaler('b', { kind: 'StatefulSet', name: 'web' }),
        scaler('c', { kind: 'Deployment', name: 'web' }, 'data'),
      ),
      false,
    );
  });

  it('is theirs who scaled by hand', async () => {
    const scaled = { ...web, metadata: { ...web.metadata, managedFields: [{ subresource: 'scale' }] } };
    const cluster = new DryRunCluster(scaled);
    assert.equal((await survey([web], cluster)).autoscaled.has(id(web)), true);
  });

  it('is theirs who own the replicas and not the pods, which no deployer does', async () => {
    const owns = async (manager: string, owned: object) => {
      const managedFields = [{ manager, operation: 'Update', fieldsV1: { 'f:spec': owned } }];
      const cluster = new DryRunCluster({ ...web, metadata: { ...web.metadata, managedFields } });
      return (await survey([web], cluster)).autoscaled.has(id(web));
    };
    assert.equal(await owns('night-shift', { 'f:replicas': {} }), true);
    assert.equal(await owns('helm', { 'f:replicas': {}, 'f:template': {} }), false);
    assert.equal(await owns('ambassador-canary', { 'f:replicas': {} }), false);
  });

  it('is left alone in what the server is asked to try', async () => {
    const nine = { ...web, spec: { ...pods('app:1'), replicas: 9 } };
    const cluster = new DryRunCluster(nine, scaler('any', { kind: 'Deployment', name: 'web' }));
    const { changes } = await survey([{ ...web, spec: { ...pods('app:1'), replicas: 2 } }], cluster);
    assert.deepEqual(verdictOf(changes.get(id(web))), { template: false, besidesTemplate: false });
  });
});

describe('looking around a workload', () => {
  const around = async (cluster: DryRunCluster, ...manifests: readonly KubeObject[]) =>
    (await survey(manifests, cluster)).around;
  const policy = (namespace: string) => ({
    ...object('NetworkPolicy', 'db', { spec: { podSelector: {} } }, namespace),
    apiVersion: 'networking.k8s.io/v1',
  });

  it('sees the policies of the whole cluster, where it may', async () => {
    const cluster = new DryRunCluster(web, policy('shop'), policy('data'));
    const { policies, notes } = await around(cluster, web);
    assert.deepEqual(
      policies.map(({ metadata }) => metadata.namespace),
      ['shop', 'data'],
    );
    assert.deepEqual(notes, []);
  });

  it('sees those of its own namespace else, and says what that leaves out', async () => {
    const cluster = new DryRunCluster(web, policy('shop'), policy('data'));
    cluster.hidden.add('list networking.k8s.io/v1 NetworkPolicy everywhere');
    const { policies, notes } = await around(cluster, web);
    assert.equal(policies.length, 1);
    assert.match(notes.join(), /can be seen in namespace shop at most: one elsewhere/);
  });

  it('names each kind that may not be listed at all, and goes on', async () => {
    const cluster = new DryRunCluster(web);
    cluster.hidden
      .add('list networking.k8s.io/v1 NetworkPolicy everywhere')
      .add('list networking.k8s.io/v1 NetworkPolicy shop')
      .add('list policy/v1 PodDisruptionBudget shop');
    const notes = (await around(cluster, web)).notes.join('\n');
    assert.match(notes, /No PodDisruptionBudget of namespace shop may be listed/);
    assert.match(notes, /No NetworkPolicy of namespace shop may be listed/);
  });

  const needing = (podSpec: object): KubeObject => ({
    ...web,
    spec: { template: { spec: { containers: [{ name: 'app', image: 'app:1' }], ...podSpec } } },
  });
  const account = object('ServiceAccount', 'web');

  it('finds what the new version needs and nobody has', async () => {
    const manifest = needing({
      serviceAccountName: 'web',
      priorityClassName: 'high',
      volumes: [
        { name: 'a', configMap: { name: 'settings' } },
        { name: 'b', configMap: { name: 'maybe', optional: true } },
        { name: 'c', persistentVolumeClaim: { claimName: 'data' } },
      ],
    });
    const names = ({ missing }: Awaited<ReturnType<typeof around>>) =>
      missing.map(({ ref, by }) => `${by.name} needs ${ref.kind} ${ref.name}`);
    assert.deepEqual(names(await around(new DryRunCluster(web), manifest)), [
      'web needs ServiceAccount web',
      'web needs PriorityClass high',
      'web needs PersistentVolumeClaim data',
      'web needs ConfigMap settings',
    ]);
    const held = [account, object('ConfigMap', 'settings')];
    assert.deepEqual(names(await around(new DryRunCluster(web, object('ServiceAccount', 'web')), manifest)), [
      'web needs PriorityClass high',
      'web needs PersistentVolumeClaim data',
      'web needs ConfigMap settings',
    ]);
    assert.deepEqual(names(await around(new DryRunCluster(web), manifest, ...held)), [
      'web needs PriorityClass high',
      'web needs PersistentVolumeClaim data',
    ]);
  });

  it('does not miss what stable runs with already, nor what it may not see', async () => {
    const manifest = needing({ serviceAccountName: 'web' });
    const running = new DryRunCluster(manifest);
    assert.deepEqual((await around(running, manifest)).missing, []);
    assert.ok(!running.asked.includes('get ServiceAccount shop/web'));
    const blind = new DryRunCluster(web);
    blind.hidden.add('ServiceAccount shop/web');
    assert.deepEqual((await around(blind, manifest)).missing, []);
  });

  it('misses the role of a new binding', async () => {
    const binding = {
      ...object('RoleBinding', 'web', { roleRef: { kind: 'Role', name: 'reader' } }),
      apiVersion: 'rbac.authorization.k8s.io/v1',
    };
    const { missing } = await around(new DryRunCluster(web), web, binding);
    assert.deepEqual(
      missing.map(({ ref }) => `${ref.kind} ${ref.namespace}/${ref.name}`),
      ['Role shop/reader'],
    );
  });

  it('names who else manages what changes, and nobody where nothing does', async () => {
    const cluster = new DryRunCluster(web);
    cluster.managers.set('web', ['helm', 'kubectl-edit']);
    assert.deepEqual((await around(cluster, web)).managed, []);
    assert.deepEqual((await around(cluster, { ...web, spec: pods('app:2') })).managed, [
      { object: refOf(web), managers: ['helm', 'kubectl-edit'] },
    ]);
  });

  it('finds who has the names that copies of changed configuration need', async () => {
    const settings = object('ConfigMap', 'settings', { data: { a: '1' } });
    const stranger = object('ConfigMap', 'settings-canary');
    const cluster = new DryRunCluster(web, settings, stranger);
    const { live } = await survey([web, { ...settings, data: { a: '2' } }], cluster);
    assert.ok(live.has(id(stranger)));
    assert.ok(cluster.asked.includes('get ConfigMap shop/settings-before-canary'));
    const unchanged = new DryRunCluster(web, settings, stranger);
    await survey([web, settings], unchanged);
    assert.ok(!unchanged.asked.includes('get ConfigMap shop/settings-canary'));
  });
});
