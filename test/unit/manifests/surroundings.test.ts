import assert from 'node:assert/strict';
import { makePlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/make-plan.ts';
import {
  type Around,
  type Change,
  nothingAround,
  type Surveyed,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/surveyed.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  asRecord,
  identityOf,
  type KubeObject,
  nameOf,
  refOf,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { CanaryPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { spec } from '../release/doubles.ts';
import { claim } from '../release/run.ts';

const ours = { 'ambassador-canary/release': 'web' };

function deployment(name: string, podSpec: object = {}, more: object = {}): KubeObject {
  const labels = { app: name, team: 'blue' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: 'app:1', envFrom: reads }], ...podSpec },
      },
      ...more,
    },
  };
}
const reads = [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'keys', optional: true } }];
const readsNothing = { containers: [{ name: 'app', image: 'app:1' }] };
const object = (apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'shop', uid: `uid-${name}` },
  ...rest,
});
const configMap = (data: object) => object('v1', 'ConfigMap', 'settings', { data });
const secret = (data: object) => object('v1', 'Secret', 'keys', { type: 'Opaque', data });
const service = object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
const mapping = object('getambassador.io/v3alpha1', 'Mapping', 'web', {
  spec: { hostname: '*', prefix: '/', service: 'web' },
});
const route = [service, mapping];

interface World {
  readonly live: readonly KubeObject[];
  /** Names of live objects whose pod template changes, or something else. */
  readonly changed?: Readonly<Record<string, Partial<Change>>>;
  readonly around?: Partial<Around>;
}

function plan(objects: readonly KubeObject[], { live, changed = {}, around = {} }: World) {
  const id = (one: KubeObject) => identityOf(refOf(one));
  const surveyed: Surveyed = {
    live: new Map(live.map(one => [id(one), one])),
    services: live.filter(({ kind }) => kind === 'Service'),
    mappings: live.filter(({ kind }) => kind === 'Mapping'),
    changes: new Map(
      live.map(one => [
        id(one),
        { template: false, besidesTemplate: false, ...changed[`${one.kind} ${one.metadata.name}`] },
      ]),
    ),
    autoscaled: new Set(),
    around: { ...nothingAround, ...around },
  };
  return makePlan(spec, objects, surveyed);
}

function canary(objects: readonly KubeObject[], world: World): CanaryPlan {
  const made = plan(objects, world);
  assert.equal(made.kind, 'canary');
  return made as CanaryPlan;
}

function refusals(objects: readonly KubeObject[], world: World): string {
  try {
    plan(objects, world);
  } catch (thrown) {
    return toCanaryErrors(thrown)
      .map(error => `${error.code} ${error.sentence}`)
      .join('\n');
  }
  return 'not refused';
}

const newContent = (content: KubeObject, stale: readonly string[] = []) => ({
  besidesTemplate: true,
  content: { object: content, stale },
});
const names = (objects: readonly KubeObject[]) => objects.map(one => nameOf(refOf(one)));
const envFrom = (workload: KubeObject) =>
  asRecord((valueAt(workload, 'spec', 'template', 'spec', 'containers') as unknown[])[0])?.envFrom;
const digest = (workload: KubeObject) =>
  valueAt(workload, 'spec', 'template', 'metadata', 'annotations', 'ambassador-canary/configuration');

describe('configuration that changes in a release', () => {
  const old = [deployment('web'), ...route, configMap({ a: '1' }), secret({ k: 'MQ==' })];
  const latest = [deployment('web'), ...route, configMap({ a: '2' }), secret({ k: 'MQ==' })];
  const world = {
    live: old,
    changed: { 'ConfigMap settings': newContent(configMap({ a: '2' }), ['/data/b']) },
  };

  it('makes a canary of the workload that reads it, although its manifest is the same', () => {
    const { workloads, routes } = canary(latest, world);
    assert.deepEqual(names(workloads.map(one => one.canary)), ['Deployment shop/web-canary']);
    assert.equal(routes.length, 1);
  });

  it('has a copy under our label that only the canary refers to', () => {
    const { surroundings, workloads } = canary(latest, world);
    assert.deepEqual(surroundings, [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'settings-canary', namespace: 'shop', labels: ours },
        data: { a: '2' },
      },
    ]);
    const [web] = workloads;
    assert.deepEqual(envFrom(web.canary), [{ configMapRef: { name: 'settings-canary' } }, reads[1]]);
    assert.deepEqual(envFrom(web.promoted), reads);
    assert.deepEqual(web.renames, [{ kind: 'ConfigMap', from: 'settings', to: 'settings-canary' }]);
  });

  it('is changed at promotion, and what it was is kept until then under a name of its own', () => {
    const { configuration, rest } = canary(latest, world);
    assert.deepEqual(configuration, [
      {
        object: configMap({ a: '2' }),
        stale: ['/data/b'],
        before: { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings-before-canary', namespace: 'shop' },
      },
    ]);
    assert.deepEqual(rest, []);
  });

  it('is in the record, copy and backup', () => {
    const made = canary(latest, world);
    assert.deepEqual(recordFor(claim, made).canary.map(nameOf), [
      'ConfigMap shop/settings-canary',
      'ConfigMap shop/settings-before-canary',
      'Service shop/web-canary',
      'Deployment shop/web-canary',
    ]);
    assert.deepEqual(
      recordFor(claim, made).kept?.map(({ original, copy }) => [original.name, copy?.name]),
      [['settings', 'settings-before-canary']],
    );
  });

  it('leaves its digest on the pods of both, so that pods of stable are replaced: another for other content', () => {
    const [web] = canary(latest, world).workloads;
    assert.match(String(digest(web.promoted)), /^[0-9a-f]{16}$/);
    assert.equal(digest(web.canary), digest(web.promoted));
    const changed = { 'ConfigMap settings': newContent(configMap({ a: '3' })) };
    assert.notEqual(
      digest(canary(latest, { live: old, changed }).workloads[0].promoted),
      digest(web.promoted),
    );
  });

  it('leaves a digest of a Secret that nobody can try values against who may not read the Secret', () => {
    const changed = { 'Secret keys': newContent(secret({ k: 'Mg==' })) };
    const twin = { ...secret({}), metadata: { ...secret({}).metadata, uid: 'another' } };
    const elsewhere = [...old.slice(0, -1), twin];
    assert.notEqual(
      digest(canary(latest, { live: old, changed }).workloads[0].promoted),
      digest(canary(latest, { live: elsewhere, changed }).workloads[0].promoted),
    );
  });

  it('that only gets other labels has no copy and makes no canary', () => {
    const made = plan(latest, { live: old, changed: { 'ConfigMap settings': { besidesTemplate: true } } });
    assert.equal(made.kind, 'apply-only');
  });

  it('gets no copy where no pod on trial refers to it, and the plan says so', () => {
    const web = deployment('web', readsNothing);
    const made = canary([web, ...latest.slice(1)], {
      live: [web, ...old.slice(1)],
      changed: { ...world.changed, 'Deployment web': { template: true } },
    });
    assert.deepEqual(made.surroundings, []);
    assert.deepEqual(names(made.configuration.map(one => one.object)), ['ConfigMap shop/settings']);
    assert.match(made.notes.join(), /ConfigMap shop\/settings changes at promotion: no pod on trial/);
  });

  it('that is new is made at once, but gets a copy where pods of stable already ask for it', () => {
    const withoutKeys = old.slice(0, -1);
    const change = { 'Deployment web': { template: true } };
    const asked = canary(latest, { live: withoutKeys, changed: change });
    assert.deepEqual(asked.additions, []);
    assert.deepEqual(names(asked.surroundings), ['Secret shop/keys-canary']);
    assert.deepEqual(asked.configuration, [{ object: latest.at(-1), stale: [] }]);
    const live = [deployment('web', readsNothing), ...withoutKeys.slice(1)];
    const unasked = canary(latest, { live, changed: change });
    assert.deepEqual(names(unasked.additions), ['Secret shop/keys']);
    assert.deepEqual(unasked.surroundings, []);
  });

  it('has a new workload beside it read the copy first, and the original from promotion on', () => {
    const { newWorkloads, rest } = canary([...latest, deployment('extra')], world);
    assert.deepEqual(newWorkloads.map(envFrom), [[{ configMapRef: { name: 'settings-canary' } }, reads[1]]]);
    assert.deepEqual(rest.map(envFrom), [reads]);
  });

  it('gives a worker that reads it new pods at promotion', () => {
    const worker = deployment('worker');
    const { workers } = canary([...latest, worker], { ...world, live: [...old, worker] });
    assert.deepEqual(
      workers.map(({ stable, promoted }) => [stable.name, typeof digest(promoted)]),
      [['worker', 'string']],
    );
  });

  it('that did not change leaves the digest of an earlier release where it is', () => {
    const marked = deployment('web');
    const annotations = { 'ambassador-canary/configuration': 'earlier' };
    const template = asRecord(asRecord(marked.spec)?.template);
    const metadata = { ...asRecord(template?.metadata), annotations };
    const live = { ...marked, spec: { ...asRecord(marked.spec), template: { ...template, metadata } } };
    const made = plan(latest, {
      live: [live, ...old.slice(1)],
      changed: { 'Deployment web': { besidesTemplate: true } },
    });
    assert.equal(made.kind, 'apply-only');
    assert.deepEqual(made.kind === 'apply-only' && made.objects.map(one => digest(one.object)), ['earlier']);
  });

  it('gives the Secrets that a SecretProviderClass fills names of their own as well', () => {
    const podSpec = {
      containers: [{ name: 'app', envFrom: [{ secretRef: { name: 'from-vault' } }] }],
      volumes: [
        {
          name: 'vault',
          csi: { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'vault' } },
        },
      ],
    };
    const vault = object('secrets-store.csi.x-k8s.io/v1', 'SecretProviderClass', 'vault', {
      spec: { provider: 'azure', secretObjects: [{ secretName: 'from-vault', data: [] }] },
    });
    const all = [deployment('web', podSpec), ...route, vault];
    const made = canary(all, { live: all, changed: { 'SecretProviderClass vault': newContent(vault) } });
    assert.deepEqual(made.workloads[0].renames, [
      { kind: 'SecretProviderClass', from: 'vault', to: 'vault-canary' },
      { kind: 'Secret', from: 'from-vault', to: 'from-vault-canary' },
    ]);
    assert.deepEqual(made.surroundings[0]?.spec, {
      provider: 'azure',
      secretObjects: [{ secretName: 'from-vault-canary', data: [] }],
    });
    assert.deepEqual(envFrom(made.workloads[0].canary), [{ secretRef: { name: 'from-vault-canary' } }]);
  });

  it("is refused where somebody else's object has the name of the copy or of the backup", () => {
    for (const name of ['settings-canary', 'settings-before-canary']) {
      const foreign = object('v1', 'ConfigMap', name);
      assert.match(
        refusals(latest, { ...world, live: [...old, foreign] }),
        new RegExp(`FOREIGN_OBJECT ConfigMap shop/${name} exists`),
      );
      const left = { ...foreign, metadata: { ...foreign.metadata, labels: ours } };
      assert.equal(refusals(latest, { ...world, live: [...old, left] }), 'not refused');
    }
  });
});

describe('what a release finds around a workload', () => {
  const web = deployment('web', readsNothing);
  const all = [web, ...route];
  const changed = { 'Deployment web': { template: true } };

  it('is refused where the new version needs what nobody has, with the line to run', () => {
    const by = refOf(web);
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', name: 'web', namespace: 'shop' };
    const refused = refusals(all, { live: all, changed, around: { missing: [{ ref: account, by }] } });
    assert.match(refused, /^OBJECT_MISSING Deployment shop\/web needs ServiceAccount shop\/web/);
    assert.match(refused, /`kubectl create serviceaccount web --namespace shop`/);
  });

  it('makes new accounts and rights at once, and names those that change at promotion only', () => {
    const role = object('rbac.authorization.k8s.io/v1', 'Role', 'web');
    const account = object('v1', 'ServiceAccount', 'web');
    const made = canary([...all, account, role], {
      live: [...all, role],
      changed: { ...changed, 'Role web': { besidesTemplate: true } },
    });
    assert.deepEqual(names(made.additions), ['ServiceAccount shop/web']);
    assert.deepEqual(names(made.rest), ['Role shop/web']);
    assert.match(
      made.notes.join(),
      /Role shop\/web changes at promotion: the canary still runs with the old/,
    );
  });

  it('says that a claim that is made stays', () => {
    const claimed = object('v1', 'PersistentVolumeClaim', 'data');
    const made = canary([...all, claimed], { live: all, changed });
    assert.deepEqual(names(made.additions), ['PersistentVolumeClaim shop/data']);
    assert.match(made.notes.join(), /PersistentVolumeClaim shop\/data is made now and kept whatever happens/);
  });

  const shared: [title: string, podSpec: object, more: object, note: RegExp][] = [
    [
      'a port of the node',
      { containers: [{ name: 'app', ports: [{ hostPort: 8080 }] }] },
      {},
      /takes port 8080/,
    ],
    ["the node's network", { hostNetwork: true }, {}, /uses its node's network/],
    [
      'a disk',
      { volumes: [{ name: 'disk', gcePersistentDisk: { pdName: 'd' } }] },
      {},
      /volume disk is one disk/,
    ],
    ['the strategy Recreate', {}, { strategy: { type: 'Recreate' } }, /has the strategy Recreate/],
  ];
  for (const [title, podSpec, more, note] of shared) {
    it(`says before the start that two versions may not get along with ${title}`, () => {
      const objects = [deployment('web', { ...readsNothing, ...podSpec }, more), ...route];
      assert.match(canary(objects, { live: objects, changed }).notes.join('\n'), note);
      assert.doesNotMatch(canary(all, { live: all, changed }).notes.join('\n'), note);
    });
  }

  const modes: [modes: readonly string[], note: RegExp][] = [
    [['ReadWriteOnce'], /for one node \(ReadWriteOnce\)/],
    [['ReadWriteOncePod'], /for one pod \(ReadWriteOncePod\)/],
    [['ReadWriteMany'], /stable and canary share PersistentVolumeClaim shop\/data/],
  ];
  for (const [accessModes, note] of modes) {
    it(`says what ${accessModes} means for a claim that both mount`, () => {
      const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
      const objects = [deployment('web', { ...readsNothing, volumes }), ...route];
      const live = [...objects, object('v1', 'PersistentVolumeClaim', 'data', { spec: { accessModes } })];
      assert.match(canary(objects, { live, changed }).notes.join('\n'), note);
    });
  }

  it('refuses a paused Deployment, live or by its manifest, but not one that the manifest resumes', () => {
    const paused = deployment('web', readsNothing, { paused: true });
    const resumed = deployment('web', readsNothing, { paused: false });
    for (const [manifest, live] of [
      [paused, web],
      [web, paused],
    ] as const) {
      const refused = refusals([manifest, ...route], { live: [live, ...route], changed });
      assert.match(refused, /MANIFEST_INVALID Deployment shop\/web is paused.*kubectl rollout resume/);
    }
    assert.equal(refusals([resumed, ...route], { live: [paused, ...route], changed }), 'not refused');
  });

  it('refuses a changed StatefulSet also where nothing else changes, since all its users would get it at once', () => {
    const set = object('apps/v1', 'StatefulSet', 'db');
    const refused = refusals([...all, set], {
      live: [...all, set],
      changed: { 'StatefulSet db': { template: true, besidesTemplate: true } },
    });
    assert.match(refused, /StatefulSet shop\/db can't get a canary/);
    const scaled = plan([...all, set], {
      live: [...all, set],
      changed: { 'StatefulSet db': { besidesTemplate: true } },
    });
    assert.equal(scaled.kind, 'apply-only');
  });

  it('keeps a selector that another tool wrote, and what it wrote on the pods for it', () => {
    const stable = { 'azure-pipelines/version': 'stable' };
    const live = deployment('web', readsNothing, { selector: { matchLabels: { app: 'web', ...stable } } });
    const [made] = canary(all, { live: [live, ...route], changed }).workloads;
    assert.deepEqual(valueAt(made.promoted, 'spec', 'selector'), valueAt(live, 'spec', 'selector'));
    assert.deepEqual(valueAt(made.promoted, 'spec', 'template', 'metadata', 'labels'), {
      app: 'web',
      team: 'blue',
      ...stable,
    });
    assert.equal(
      valueAt(made.canary, 'spec', 'selector', 'matchLabels', 'azure-pipelines/version'),
      'stable-canary',
    );
  });

  it('refuses a manifest whose pods the live selector would not pick', () => {
    const live = deployment('web', readsNothing, { selector: { matchLabels: { app: 'other' } } });
    assert.match(
      refusals(all, { live: [live, ...route], changed }),
      /MANIFEST_INVALID Deployment shop\/web has another selector than the live one/,
    );
  });
});
