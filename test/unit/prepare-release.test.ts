import assert from 'node:assert/strict';
import { EmissaryMetrics } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/emissary-metrics.ts';
import {
  checkMetrics,
  prepareRelease,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/prepare-release.ts';
import { Duration } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { toCanaryErrors } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  type KubeObject,
  nameOf,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { ReleaseSpec } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { Weight } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { ManualClock } from './analysis/doubles.ts';
import { FakePrometheus } from './analysis/fake-prometheus.ts';
import { DryRunCluster } from './cluster/dry-run-cluster.ts';
import { spec } from './release/doubles.ts';

function deployment(image: string, name = 'web'): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } },
    },
  };
}
const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
};
const mapping: KubeObject = {
  apiVersion: 'getambassador.io/v3alpha1',
  kind: 'Mapping',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { hostname: '*', prefix: '/', service: 'web' },
};
const old = [deployment('app:1'), service, mapping];
const latest = [deployment('app:2'), service, mapping];
const ours = { 'ambassador-canary/release': 'web' };
const canaryOf = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, name: 'web-canary', labels: ours },
});

/** The objects as the manifests hold them, one a file. */
const documents = (objects: readonly KubeObject[]) =>
  objects.map((object, index) => ({ object, source: { path: `${index}.yaml`, line: 1 } }));
const prepare = (
  objects: readonly KubeObject[],
  cluster: DryRunCluster,
  changes: Partial<ReleaseSpec> = {},
) => prepareRelease({ ...spec, ...changes }, documents(objects), cluster);

const tried = (cluster: DryRunCluster) => cluster.asked.filter(question => question.includes('-canary'));

describe('preparing a release', () => {
  it('makes the plan, and has the API server try each object of the canary', async () => {
    const cluster = new DryRunCluster(...old);
    const { plan, release, locks, leftovers } = await prepare(latest, cluster);
    assert.equal(plan.kind, 'canary');
    assert.deepEqual(tried(cluster).sort(), [
      'apply Deployment shop/web-canary',
      'apply Mapping shop/web-canary',
      'apply Service shop/web-canary',
    ]);
    assert.equal(release, 'web');
    assert.deepEqual(locks, [{ namespace: 'shop', name: 'web-canary' }]);
    assert.deepEqual(leftovers, { routes: [], canary: [], weight: 0 });
  });

  it('rejects with all that the server would refuse of the canary', async () => {
    const cluster = new DryRunCluster(...old);
    cluster.refused.set('web-canary', 'names must not end in canary');
    const errors = await prepare(latest, cluster).catch(toCanaryErrors);
    assert.ok(Array.isArray(errors));
    assert.equal(errors.length, 3);
  });

  it('does without a budget of its own that may not be written, and says so', async () => {
    const budget: KubeObject = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'guard', namespace: 'shop' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    };
    const cluster = new DryRunCluster(...old, budget);
    cluster.unwritable.add('guard-canary');
    const { plan } = await prepare(latest, cluster);
    assert.deepEqual(plan.kind === 'canary' && plan.surroundings, []);
    assert.match(plan.notes.join(), /PodDisruptionBudget shop\/guard-canary may not be written/);
  });

  it('names a policy that may not be written in a namespace of others, and is not kept by it', async () => {
    const inShop = { namespaceSelector: {}, podSelector: { matchLabels: { app: 'web' } } };
    const policy = (namespace: string): KubeObject => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `db-${namespace}`, namespace },
      spec: { podSelector: {}, ingress: [{ from: [inShop] }] },
    });
    const cluster = new DryRunCluster(...old, policy('shop'), policy('data'));
    cluster.unwritable.add('db-data-peers-canary');
    const { plan } = await prepare(latest, cluster);
    assert.deepEqual(plan.kind === 'canary' && plan.surroundings.map(({ metadata }) => metadata.name), [
      'db-shop-peers-canary',
    ]);
    assert.match(plan.notes.join(), /NetworkPolicy data\/db-data-peers-canary may not be written/);
    cluster.unwritable.add('db-shop-peers-canary');
    await assert.rejects(prepare(latest, cluster), { code: 'CLUSTER_FORBIDDEN' });
  });

  describe('of an autoscaled stable', () => {
    const hpa: KubeObject = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'scaler', namespace: 'shop' },
      spec: { minReplicas: 1, maxReplicas: 5, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
    };
    const held = async (cluster: DryRunCluster, weight = 50) => {
      const steps = [{ weight: Weight.of(weight), pause: Duration.minutes(5) }];
      const { plan } = await prepare(latest, cluster, { steps });
      assert.ok(plan.kind === 'canary');
      return plan;
    };

    it('has the API server try to hold its capacity', async () => {
      const cluster = new DryRunCluster(...old, hpa);
      const { capacity, notes, remarks } = await held(cluster, 100);
      assert.deepEqual(
        capacity.map(({ raised, was }) => [raised, was]),
        [[2, 1]],
      );
      assert.ok(cluster.asked.includes('patch HorizontalPodAutoscaler shop/scaler'));
      assert.match(remarks.join(), /keeps stable at 2 pods/);
      assert.ok(!notes.join().includes('scaler'), notes.join());
    });

    it('does without where it may not be held, says so, and then refuses weights over 50', async () => {
      const cluster = new DryRunCluster(...old, hpa);
      cluster.unwritable.add('scaler');
      const { capacity, notes, remarks } = await held(cluster);
      assert.deepEqual(capacity, []);
      assert.match(notes.join(), /scaler may not be changed by this connection: it may shrink stable/);
      assert.ok(!remarks.join().includes('keeps stable'), remarks.join());
      await assert.rejects(held(cluster, 75), { code: 'INPUT_INVALID', message: /`weights`/ });
    });

    it('is refused where the API server refuses to hold it for another reason', async () => {
      const cluster = new DryRunCluster(...old, hpa);
      cluster.refused.set('scaler', 'a policy says no');
      await assert.rejects(held(cluster), { code: 'CLUSTER_REFUSED', message: /a policy says no/ });
    });

    it("holds KEDA's own object instead of the HPA that KEDA makes of it, where that may be read", async () => {
      const ownerReferences = [{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'scaled' }];
      const scaled: KubeObject = {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name: 'scaled', namespace: 'shop' },
        spec: { scaleTargetRef: { name: 'web' } },
      };
      const ofKeda = { ...hpa, metadata: { ...hpa.metadata, ownerReferences } };
      const cluster = new DryRunCluster(...old, ofKeda, scaled);
      const { capacity } = await held(cluster);
      assert.deepEqual(
        capacity.map(({ autoscaler, field }) => [nameOf(autoscaler), field]),
        [['ScaledObject shop/scaled', 'minReplicaCount']],
      );
      cluster.hidden.add('ScaledObject shop/scaled');
      assert.match(
        (await held(cluster)).notes.join(),
        /belongs to ScaledObject shop\/scaled, which may not be read/,
      );
      await assert.rejects(held(cluster, 75), { code: 'INPUT_INVALID' });
    });

    it('finds HPAs of v1 where the cluster is too old for v2', async () => {
      const cluster = new DryRunCluster(...old, { ...hpa, apiVersion: 'autoscaling/v1' });
      cluster.unserved.add('autoscaling/v2');
      assert.equal((await held(cluster)).capacity[0]?.autoscaler.apiVersion, 'autoscaling/v1');
    });
  });

  it('has no canary tried where there is none', async () => {
    for (const [objects, kind, cluster] of [
      [old, 'unchanged', new DryRunCluster(...old)],
      [latest, 'first-release', new DryRunCluster()],
    ] as const) {
      assert.equal((await prepare(objects, cluster)).plan.kind, kind);
      assert.deepEqual(tried(cluster), []);
    }
  });

  it('finds what an earlier run left, and is not kept from a plan by it', async () => {
    const twin = canaryOf({
      ...mapping,
      spec: { ...(mapping.spec as object), service: 'web-canary', weight: 25 },
    });
    const cluster = new DryRunCluster(...old, canaryOf(deployment('app:2')), canaryOf(service), twin);
    const { plan, leftovers } = await prepare(latest, cluster);
    assert.equal(plan.kind, 'canary');
    assert.deepEqual(
      leftovers.routes.map(({ stable, twin }) => [stable?.name, twin.name]),
      [['web', 'web-canary']],
    );
    assert.deepEqual(leftovers.canary.map(nameOf), ['Service shop/web-canary', 'Deployment shop/web-canary']);
    assert.equal(leftovers.weight, 25);
  });

  it('puts objects without a namespace into that of the inputs, else into `default`', async () => {
    const bare = { ...deployment('app:1'), metadata: { name: 'web' } };
    const namespaceOf = async (changes: Partial<ReleaseSpec>) =>
      (await prepare([bare], new DryRunCluster(), changes)).plan.namespace;
    assert.equal(await namespaceOf({ namespace: 'shop' }), 'shop');
    assert.equal(await namespaceOf({}), 'default');
  });

  it('knows an object that is there twice once both have got their namespace, and names both places', async () => {
    const bare = { ...deployment('app:2'), metadata: { name: 'web' } };
    const cluster = new DryRunCluster();
    await assert.rejects(prepare([bare, deployment('app:1')], cluster, { namespace: 'shop' }), {
      code: 'MANIFEST_DUPLICATE',
      message: /0\.yaml[\s\S]*1\.yaml/,
    });
    assert.deepEqual(cluster.asked, []);
    await prepare([bare, deployment('app:1')], cluster, { namespace: 'other' });
  });

  it('takes one lock for each workload, in an order that is always the same', async () => {
    const objects = [deployment('app:1', 'web'), deployment('app:1', 'api')];
    const names = async (order: readonly KubeObject[]) =>
      (await prepare(order, new DryRunCluster())).locks.map(({ name }) => name);
    assert.deepEqual(await names(objects), ['api-canary', 'web-canary']);
    assert.deepEqual(await names(objects.toReversed()), ['api-canary', 'web-canary']);
  });
});

describe('holding the times of a release against the scrapes of Prometheus', () => {
  /** An Emissary that is scraped so often. */
  function scraped(seconds: number, scrapes = 3): EmissaryMetrics {
    const prometheus = new FakePrometheus();
    for (let scrape = 0; scrape < scrapes; scrape++) {
      prometheus.now += seconds;
      prometheus.scrape(['envoy_cluster_upstream_cx_total', { envoy_cluster_name: 'web_shop', pod: 'e' }, 1]);
    }
    return new EmissaryMetrics(prometheus, {
      routes: [{ workload: 'web', statNames: [{ stable: 'web_shop', canary: 'web_canary_shop' }] }],
      checks: spec.checks,
      metricLabels: '',
      minimumRequests: 50,
      interval: Duration.seconds(30),
      settling: Duration.seconds(15),
      clock: new ManualClock(),
    });
  }
  const steps = (...pauses: readonly number[]) =>
    pauses.map((seconds, index) => ({
      weight: Weight.of(10 * (index + 1)),
      pause: Duration.seconds(seconds),
    }));
  const refusals = (changes: Partial<ReleaseSpec>, metrics: EmissaryMetrics) =>
    checkMetrics({ ...spec, ...changes }, metrics).then(
      () => [],
      thrown => toCanaryErrors(thrown).map(({ sentence }) => sentence),
    );

  it('is content with an interval of one scrape and steps of three', async () => {
    const times = { interval: Duration.seconds(15), steps: steps(45, 600) };
    assert.deepEqual(await refusals(times, scraped(15)), []);
  });

  it('refuses an interval that would measure the same sample twice', async () => {
    assert.deepEqual(await refusals({ interval: Duration.seconds(10) }, scraped(15)), [
      'Input `interval` is shorter than the scrape interval: expected 15s or more, found 10s; Prometheus scrapes Emissary every 15s. Write `interval: 15s`',
    ]);
  });

  it('refuses each step that is shorter than three scrapes, together with what else is wrong', async () => {
    const times = { interval: Duration.seconds(10), steps: steps(44, 45, 30) };
    const found = await refusals(times, scraped(15));
    assert.deepEqual(
      found.map(sentence => sentence.slice(0, 24)),
      ['Input `interval` is shor', 'The step at 10 % is shor', 'The step at 30 % is shor'],
    );
    assert.match(found[1] ?? '', /expected 45s or more, found 44s; .*Write `pause: 45s`/);
  });

  it('asks for whole seconds where three scrapes are none', async () => {
    const found = await refusals({ steps: steps(1) }, scraped(0.5));
    assert.match(found.join(), /expected 1s500ms or more, found 1s; .*Write `pause: 2s`/);
  });

  it('refuses nothing where it is not known how often Prometheus scrapes', async () => {
    assert.deepEqual(await refusals({ steps: steps(1) }, scraped(15, 1)), []);
  });

  it('passes on that Prometheus can not judge at all', async () => {
    assert.match((await refusals({}, scraped(15, 0))).join(), /has no metrics of Emissary/);
  });
});
