import assert from 'node:assert/strict';
import { makePlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/make-plan.ts';
import {
  type Routing,
  unknownRouting,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/routing.ts';
import {
  type Around,
  type Change,
  nothingAround,
  type Surveyed,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/surveyed.ts';
import {
  CanaryError,
  CanaryErrors,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  identityOf,
  type KubeObject,
  refOf,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Plan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { spec } from '../release/doubles.ts';

function deployment(name: string, image: string, extra: Record<string, unknown> = {}): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas: 4,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } },
      ...extra,
    },
  };
}
const service = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app: name }, ports: [{ port: 80 }] },
});
const mapping = (name: string): KubeObject => ({
  apiVersion: 'getambassador.io/v3alpha1',
  kind: 'Mapping',
  metadata: { name, namespace: 'shop' },
  spec: { hostname: '*', prefix: `/${name}/`, service: name },
});
const other = (kind: string, name: string): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'shop' },
});

interface World {
  readonly live: readonly KubeObject[];
  /** Names of live objects that the manifests change. */
  readonly changed?: Readonly<Record<string, Partial<Change>>>;
  readonly autoscaled?: readonly KubeObject[];
  readonly around?: Partial<Around>;
  readonly routing?: Routing;
}

function plan(
  objects: readonly KubeObject[],
  { live, changed = {}, autoscaled = [], around = {}, routing }: World,
): Plan {
  const id = (object: KubeObject) => identityOf(refOf(object));
  const surveyed: Surveyed = {
    live: new Map(live.map(object => [id(object), object])),
    services: live.filter(({ kind }) => kind === 'Service'),
    mappings: live.filter(({ kind }) => kind === 'Mapping'),
    ...(routing && { routing }),
    changes: new Map(
      live.map(object => [
        id(object),
        { template: false, besidesTemplate: false, ...changed[`${object.kind} ${object.metadata.name}`] },
      ]),
    ),
    autoscaled: new Set(autoscaled.map(id)),
    around: { ...nothingAround, ...around },
  };
  return makePlan(spec, objects, surveyed);
}

const shop = [deployment('web', 'app:1'), service('web'), mapping('web')];
const release = [deployment('web', 'app:2'), service('web'), mapping('web')];
const newVersion = { 'Deployment web': { template: true } };

function canary(objects: readonly KubeObject[], world: World) {
  const made = plan(objects, world);
  assert.equal(made.kind, 'canary');
  return made as Extract<Plan, { kind: 'canary' }>;
}

function refusals(objects: readonly KubeObject[], world: World): string {
  try {
    plan(objects, world);
  } catch (thrown) {
    if (thrown instanceof CanaryError) return `${thrown.code} ${thrown.sentence}`;
    if (thrown instanceof CanaryErrors)
      return thrown.errors.map(error => `${error.code} ${error.sentence}`).join('\n');
  }
  return 'not refused';
}

describe('the plan', () => {
  it('is a canary where a workload with a route changes', () => {
    const { workloads, routes, rest } = canary(release, { live: shop, changed: newVersion });
    assert.deepEqual(
      workloads.map(({ canary: { metadata } }) => metadata.name),
      ['web-canary'],
    );
    assert.deepEqual(
      workloads[0].services.map(({ metadata }) => metadata.name),
      ['web-canary'],
    );
    assert.deepEqual(
      routes.map(({ twin }) => twin.metadata.name),
      ['web-canary'],
    );
    assert.deepEqual(rest, []);
  });

  it('is a first release where nothing runs yet, routes last', () => {
    const made = plan(
      [mapping('web'), deployment('web', 'app:1'), service('web'), other('ConfigMap', 'web')],
      { live: [] },
    );
    assert.equal(made.kind, 'first-release');
    assert.deepEqual(made.kind === 'first-release' && made.objects.map(({ object }) => object.kind), [
      'ConfigMap',
      'Service',
      'Deployment',
      'Mapping',
    ]);
  });

  it('is unchanged where the cluster runs what the manifests say', () => {
    assert.equal(plan(shop, { live: shop }).kind, 'unchanged');
  });

  it('only applies where no pod template changes', () => {
    const made = plan(shop, { live: shop, changed: { 'Service web': { besidesTemplate: true } } });
    assert.equal(made.kind, 'apply-only');
    assert.deepEqual(made.kind === 'apply-only' && made.objects.map(({ object }) => object.kind), [
      'Service',
    ]);
  });

  it('puts on trial only what changes', () => {
    const more = [deployment('api', 'api:1'), service('api'), mapping('api')];
    const { workloads } = canary([...release, ...more], { live: [...shop, ...more], changed: newVersion });
    assert.deepEqual(
      workloads.map(({ stable }) => stable.name),
      ['web'],
    );
  });

  it('gives a worker its new version at promotion, and says so', () => {
    const { workloads, workers, notes } = canary([...release, deployment('worker', 'app:2')], {
      live: [...shop, deployment('worker', 'app:1')],
      changed: { ...newVersion, 'Deployment worker': { template: true } },
    });
    assert.deepEqual(
      workloads.map(({ stable }) => stable.name),
      ['web'],
    );
    assert.deepEqual(
      workers.map(({ stable }) => stable.name),
      ['worker'],
    );
    assert.match(notes.join(), /Deployment shop\/worker has no route/);
  });

  it('makes first what is new and needed, and applies the rest at promotion', () => {
    const objects = [
      ...release,
      other('ConfigMap', 'new'),
      other('ConfigMap', 'old'),
      deployment('sidekick', 'app:1'),
      other('HorizontalPodAutoscaler', 'web'),
    ];
    const made = canary(objects, {
      live: [...shop, other('ConfigMap', 'old')],
      changed: { ...newVersion, 'ConfigMap old': { besidesTemplate: true } },
    });
    const names = (list: readonly KubeObject[]) =>
      list.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    assert.deepEqual(names(made.additions), ['ConfigMap new']);
    assert.deepEqual(names(made.newWorkloads), ['Deployment sidekick']);
    assert.deepEqual(names(made.configuration.map(({ object }) => object)), ['ConfigMap old']);
    assert.deepEqual(names(made.rest), ['HorizontalPodAutoscaler web']);
  });

  it('has a route for each Mapping of a Service, and one canary Service for all', () => {
    const second = { ...mapping('second'), spec: { hostname: '*', prefix: '/b/', service: 'web.shop:80' } };
    const { routes, workloads } = canary(release, { live: [...shop, second], changed: newVersion });
    assert.deepEqual(
      routes.map(({ twin }) => `${twin.metadata.name} to ${valueAt(twin, 'spec', 'service')}`),
      ['web-canary to web-canary', 'second-canary to web-canary.shop:80'],
    );
    assert.equal(workloads[0].services.length, 1);
  });

  it('has one for a Mapping of another namespace that leads here', () => {
    const far = { ...mapping('far'), metadata: { name: 'far', namespace: 'edge' } };
    const live = [...shop.slice(0, 2), { ...far, spec: { hostname: '*', prefix: '/', service: 'web.shop' } }];
    const { routes } = canary(release, { live, changed: newVersion });
    assert.deepEqual(
      routes.map(({ twin }) => `${twin.metadata.namespace}/${twin.metadata.name}`),
      ['edge/far-canary'],
    );
  });

  it('has none for a Mapping that is new, and says so', () => {
    const fresh = { ...mapping('fresh'), spec: { hostname: '*', prefix: '/new/', service: 'web' } };
    const { routes, rest, notes } = canary([...release, fresh], { live: shop, changed: newVersion });
    assert.deepEqual([routes.length, rest], [1, [fresh]]);
    assert.match(notes.join(), /Mapping shop\/fresh is new: it gets no canary and is applied at promotion/);
  });

  it('has none by way of an ExternalName, and says so', () => {
    const alias: KubeObject = {
      ...service('alias'),
      spec: { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local', selector: { app: 'web' } },
    };
    const round = { ...mapping('round'), spec: { hostname: '*', prefix: '/r/', service: 'alias' } };
    const { routes, workloads, notes } = canary(release, {
      live: [...shop, alias, round],
      changed: newVersion,
    });
    assert.deepEqual([routes.length, workloads[0].services.length], [1, 1]);
    assert.match(
      notes.join(),
      /Mapping shop\/round gets no canary: it goes by the ExternalName Service shop\/alias/,
    );
  });

  it('says what could not be seen', () => {
    const routing = { ...unknownRouting, notes: ['Could not look at Ingresses'] };
    assert.deepEqual(canary(release, { live: shop, changed: newVersion, routing }).notes, [
      'Could not look at Ingresses',
    ]);
  });

  it('warns of a tool that may write its own values again, and of kubectl has a remark', () => {
    const managed = [
      { object: refOf(deployment('web', '')), managers: ['helm', 'kubectl-edit'] },
      { object: refOf(service('web')), managers: ['kubectl', 'kubectl-client-side-apply'] },
    ];
    for (const made of [
      canary(release, { live: shop, changed: newVersion, around: { managed } }),
      plan(shop, { live: shop, changed: { 'Service web': { besidesTemplate: true } }, around: { managed } }),
    ]) {
      assert.deepEqual(made.notes, [
        "Deployment shop/web changes in fields of helm and kubectl-edit: the manifests' values are written",
      ]);
      assert.deepEqual(made.remarks, [
        "Service shop/web changes in fields of kubectl and kubectl-client-side-apply: the manifests' values are written",
      ]);
    }
  });

  it('leaves replicas alone where an autoscaler owns them', () => {
    const { workloads } = canary(release, {
      live: shop,
      changed: newVersion,
      autoscaled: [deployment('web', '')],
    });
    assert.equal(valueAt(workloads[0].promoted, 'spec', 'replicas'), undefined);
  });

  const strategies: [strategy: unknown, replicas: number, takesAll: boolean][] = [
    [undefined, 4, false],
    [undefined, 1, false],
    [{ type: 'Recreate' }, 4, true],
    [{ rollingUpdate: { maxUnavailable: '100%' } }, 4, true],
    [{ rollingUpdate: { maxUnavailable: 4 } }, 4, true],
    [{ rollingUpdate: { maxUnavailable: 3 } }, 4, false],
    [{ rollingUpdate: { maxUnavailable: 1 } }, 1, true],
  ];
  for (const [strategy, replicas, takesAll] of strategies) {
    it(`knows that ${JSON.stringify(strategy) ?? 'the default strategy'} takes ${takesAll ? 'all' : 'not all'} of ${replicas} pods`, () => {
      const live = [deployment('web', 'app:1', { strategy, replicas }), service('web'), mapping('web')];
      assert.equal(canary(release, { live, changed: newVersion }).workloads[0].rolloutTakesAllPods, takesAll);
    });
  }
});

describe('the plan refuses', () => {
  it('manifests without a Deployment', () => {
    assert.match(refusals([service('web')], { live: [] }), /NO_WORKLOAD .*found Service/);
  });

  it('a change that no Mapping routes to', () => {
    assert.match(
      refusals(release, { live: shop.slice(0, 2), changed: newVersion }),
      /NO_ROUTE .*Deployment shop\/web/,
    );
  });

  it("somebody else's object under the canary's name", () => {
    const live = [...shop, deployment('web-canary', 'other:1'), service('web-canary')];
    const refused = refusals(release, { live, changed: newVersion });
    assert.match(refused, /FOREIGN_OBJECT Deployment shop\/web-canary exists/);
    assert.match(refused, /FOREIGN_OBJECT Service shop\/web-canary exists/);
  });

  it("another release's canary of the same Service", () => {
    const theirs = { ...service('web-canary').metadata, labels: { 'ambassador-canary/release': 'web-b' } };
    const live = [...shop, { ...service('web-canary'), metadata: theirs }];
    assert.match(
      refusals(release, { live, changed: newVersion }),
      /FOREIGN_OBJECT Service shop\/web-canary exists/,
    );
    // What an earlier release left that went by another of these workloads is cleared before this one starts.
    const withB = [...release, deployment('web-b', 'app:1')];
    assert.equal(refusals(withB, { live, changed: newVersion }), 'not refused');
  });

  it('selectors that would pick the canary as well', () => {
    const loose = { selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } };
    const live = [deployment('web', 'app:1', loose), service('web'), mapping('web')];
    const objects = [deployment('web', 'app:2', loose), service('web'), mapping('web')];
    assert.match(
      refusals(objects, { live, changed: newVersion }),
      /LABELS_OVERLAP Deployment shop\/web would also select/,
    );
  });

  it('a changed StatefulSet beside it, but not one that stays as it is', () => {
    const set = other('StatefulSet', 'db');
    const objects = [...release, set];
    const changed = { ...newVersion, 'StatefulSet db': { template: true, besidesTemplate: true } };
    assert.match(
      refusals(objects, { live: [...shop, set], changed }),
      /StatefulSet shop\/db can't get a canary/,
    );
    assert.equal(refusals(objects, { live: [...shop, set], changed: newVersion }), 'not refused');
  });

  it('no new Job beside it: that is applied at promotion', () => {
    const { rest } = canary([...release, other('Job', 'migrate')], { live: shop, changed: newVersion });
    assert.deepEqual(
      rest.map(({ kind }) => kind),
      ['Job'],
    );
  });
});
