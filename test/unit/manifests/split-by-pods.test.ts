import assert from 'node:assert/strict';
import { plannedObjects } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/planned-objects.ts';
import { prepareRelease } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/prepare-release.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  asRecord,
  type KubeObject,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { CanaryPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { planLines } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/plan-lines.ts';
import { planPage } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/plan-page.ts';
import { spec as anySpec } from '../release/doubles.ts';
import { claim } from '../release/run.ts';
import { RegistryCluster } from './registry-cluster.ts';

const namespace = 'shop';
const ours = { 'ambassador-canary/release': 'web' };

function deployment(name: string, version: number, change: Record<string, unknown> = {}): KubeObject {
  const labels = { app: name, ...(change.labels as object) };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: `app:${version}` }], ...(change.podSpec as object) },
      },
    },
  };
}

function service(name: string, spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
  };
}

interface World {
  readonly live?: readonly KubeObject[];
  readonly weights?: readonly number[];
  readonly maxSurgePods?: number | 'auto';
}

const shop = [deployment('web', 1), service('web')];

async function planned(
  manifests: readonly KubeObject[],
  { live = shop, weights = [20, 50], maxSurgePods = 'auto' }: World = {},
) {
  const cluster = new RegistryCluster(namespace);
  for (const object of live) cluster.have(object);
  const spec: ReleaseSpec = {
    ...anySpec,
    checks: [],
    trafficSplit: { method: 'pod', maxSurgePods },
    steps: weights.map(percent => ({ weight: Weight.of(percent), pause: Duration.minutes(1) })),
  };
  const documents = manifests.map((object, line) => ({ object, source: { path: 'app.yaml', line } }));
  return prepareRelease(spec, documents, cluster);
}

async function canary(manifests: readonly KubeObject[], world: World = {}): Promise<CanaryPlan> {
  const { plan } = await planned(manifests, world);
  assert.equal(plan.kind, 'canary');
  return plan as CanaryPlan;
}

async function refusal(manifests: readonly KubeObject[], world: World = {}): Promise<string> {
  try {
    await planned(manifests, world);
  } catch (thrown) {
    return toCanaryErrors(thrown)
      .map(error => error.coded)
      .join('\n');
  }
  return 'not refused';
}

const release = [deployment('web', 2), service('web')];

describe('a release by pods', () => {
  it("has a canary whose pods stable's Service picks, under a selector that only they meet", async () => {
    const { workloads, routes } = await canary(release);
    const [{ canary: made, services, sharing }] = workloads;
    assert.deepEqual([routes, services], [[], []], 'neither a twin nor a Service of its own');
    assert.equal(made.metadata.name, 'web-canary');
    assert.deepEqual(valueAt(made, 'spec', 'template', 'metadata', 'labels'), { app: 'web', ...ours });
    assert.deepEqual(valueAt(made, 'spec', 'selector'), { matchLabels: { app: 'web', ...ours } });
    assert.deepEqual(
      sharing?.services.map(({ name }) => name),
      ['web'],
    );
  });

  it('places its pods as the manifest says, for they count as pods of the app', async () => {
    const spread = {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: { app: 'web' } },
    };
    const podSpec = { topologySpreadConstraints: [spread] };
    const { workloads } = await canary([deployment('web', 2, { podSpec }), service('web')]);
    const made = valueAt(workloads[0].canary, 'spec', 'template', 'spec', 'topologySpreadConstraints');
    assert.deepEqual(made, [spread]);
  });

  it('starts without a pod, for with the first it has users; and its record says how to stop it', async () => {
    const { plan, surveyed } = await planned(release);
    const objects = plannedObjects(plan, surveyed).filter(({ when }) => when === 'start');
    assert.deepEqual(
      objects.map(({ object }) => [object.kind, asRecord(object.spec)?.replicas]),
      [['Deployment', 0]],
    );
    const { routes } = recordFor(claim, plan);
    assert.deepEqual(routes, [
      { twin: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web-canary', namespace } },
    ]);
  });

  it('gives neither budgets nor policies of stable a twin, since they hold its pods as well', async () => {
    const selector = { matchLabels: { app: 'web' } };
    const around: KubeObject[] = [
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'web', namespace },
        spec: { minAvailable: 3, selector },
      },
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'web', namespace },
        spec: {
          podSelector: selector,
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ podSelector: selector }] }],
        },
      },
    ];
    const { surroundings, notes } = await canary(release, { live: [...shop, ...around] });
    assert.deepEqual([surroundings, notes], [[], []]);
  });

  it('gives a workload behind no Service its new version at promotion', async () => {
    const live = [...shop, deployment('worker', 1)];
    const { workers, workloads, notes } = await canary([...release, deployment('worker', 2)], { live });
    assert.deepEqual(
      [workloads.map(({ stable }) => stable.name), workers.map(({ stable }) => stable.name)],
      [['web'], ['worker']],
    );
    assert.match(notes.join(), /worker has no route/);
  });

  it('is refused where no Service selects what changed', async () => {
    assert.match(
      await refusal([deployment('worker', 2)], { live: [deployment('worker', 1)] }),
      /^NO_ROUTE: No live Service selects the pods of what changed \(Deployment shop\/worker\)/,
    );
    const alias = service('web', { type: 'ExternalName', externalName: 'example.com' });
    assert.match(await refusal([deployment('web', 2)], { live: [deployment('web', 1), alias] }), /^NO_ROUTE/);
    // A new Service has no requests yet that could be shared.
    assert.match(await refusal(release, { live: [deployment('web', 1)] }), /^NO_ROUTE/);
  });

  it('is refused where the Service would not pick pods of the new version', async () => {
    const coloured = (version: number, colour: string) => deployment('web', version, { labels: { colour } });
    const live = [coloured(1, 'blue'), service('web', { selector: { app: 'web', colour: 'blue' } })];
    assert.match(
      await refusal([coloured(2, 'green')], { live }),
      /^ROUTE_NOT_SPLITTABLE: Service shop\/web does not select pods of the new version/,
    );
  });

  it("is refused where a Service would pick the canary's pods alone", async () => {
    const next = service('next', { selector: { app: 'web', track: 'next' } });
    const labels = { track: 'next' };
    assert.match(
      await refusal([deployment('web', 2, { labels }), service('web')], { live: [...shop, next] }),
      /^LABELS_OVERLAP: Service shop\/next selects pods of the new version and none of stable/,
    );
  });

  it("is refused where somebody else has the canary's name, or stable's pods our label", async () => {
    const live = [...shop, deployment('web-canary', 1)];
    assert.match(await refusal(release, { live }), /^FOREIGN_OBJECT: Deployment shop\/web-canary/);
    const labelled = (version: number) => [deployment('web', version, { labels: ours }), service('web')];
    assert.match(
      await refusal(labelled(2), { live: labelled(1) }),
      /^LABELS_OVERLAP: The pods of Deployment shop\/web/,
    );
  });

  const uneven: readonly [spec: Record<string, unknown>, says: RegExp][] = [
    [{ sessionAffinity: 'ClientIP' }, /has session affinity: .* not exact/],
    [{ clusterIP: 'None' }, /is headless: its clients choose/],
    [{ publishNotReadyAddresses: true }, /get requests before they are ready/],
    [{ internalTrafficPolicy: 'Local' }, /prefers pods that are near \(internalTrafficPolicy: Local\)/],
    [
      { trafficDistribution: 'PreferClose' },
      /prefers pods that are near \(trafficDistribution: PreferClose\)/,
    ],
  ];
  for (const [spec, says] of uneven) {
    it(`warns of a Service with ${JSON.stringify(spec)}`, async () => {
      const live = [deployment('web', 1), service('web', spec)];
      const { notes } = await canary([deployment('web', 2)], { live });
      assert.equal(notes.length, 1, notes.join('\n'));
      assert.match(notes[0] ?? '', says);
    });
  }

  it('warns of pods of others behind the same Service', async () => {
    const other = deployment('api', 1, { labels: { tier: 'front' } });
    const web = (version: number) => deployment('web', version, { labels: { tier: 'front' } });
    const live = [web(1), other, service('front', { selector: { tier: 'front' } })];
    const { notes } = await canary([web(2)], { live });
    assert.deepEqual(notes, [
      "Service shop/front also selects pods of Deployment shop/api: the canary's share is counted among those of web alone",
    ]);
  });

  it('says beforehand what pods can reach, and what they can not', async () => {
    const plan = await canary(release, { weights: [10, 20, 25, 75, 100] });
    assert.deepEqual(plan.notes, [
      "10 % is asked, and 20 % is reached (1 of 5 pods of web): fewer pods than one there can't be, so more users get the canary",
      '10 % and 20 % are both 1 of 5 pods of web: the later step changes nothing',
      '20 % and 25 % are both 1 of 5 pods of web: the later step changes nothing',
      '75 % is asked, and 50 % is reached (4 of 8 pods of web): `maxSurgePods: 12` allows the pods for it',
      '75 % and 100 % are both 4 of 8 pods of web: the later step changes nothing',
      '100 % is asked, and 50 % is reached (4 of 8 pods of web): stable keeps its pods until promotion',
    ]);
    const lines = planLines(plan).map(({ text }) => text);
    assert.ok(lines.includes('  route     Service shop/web, shared by pods'), lines.join('\n'));
    assert.ok(
      lines.some(line =>
        line.startsWith('  pods      10 % as 20 % (1 of 5 pods), 20 % as 20 % (1 of 5 pods), '),
      ),
      lines.join('\n'),
    );
  });

  it('shows in its plan which Services are shared, and how', async () => {
    const plan = await canary(release);
    const page = planPage({
      plan,
      offline: false,
      findings: [],
      objects: [],
      routes: { mappings: [] },
      mask: text => text,
    });
    assert.match(
      page,
      /\| Service \| shared by pods \|\n.*\n\| `Service shop\/web` \| 20 % as 20 % \(1 of 5 pods\), 50 % as 50 % \(4 of 8 pods\) \|/,
    );
    assert.doesNotMatch(page, /Mapping/);
  });

  it('finds what an earlier one left by its labels alone, with the share that it has', async () => {
    const left = deployment('web-canary', 2, { labels: { app: 'web', ...ours } });
    const labels = { app: 'web', ...ours };
    const spec = { ...asRecord(left.spec), replicas: 1, selector: { matchLabels: labels } };
    const live = [...shop, { ...left, metadata: { ...left.metadata, labels: ours }, spec }];
    const { leftovers } = await planned(release, { live });
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web-canary', namespace };
    assert.deepEqual(leftovers, { routes: [{ twin: ref }], canary: [ref], weight: 20 });
  });
});
