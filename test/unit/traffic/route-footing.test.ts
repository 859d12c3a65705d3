import assert from 'node:assert/strict';
import { asMapping } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/routing.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import {
  asRecord,
  type KubeObject,
  nameOf,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Route } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { AmbassadorRouter } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/ambassador-router.ts';
import {
  Diagnostics,
  type DiagnosticsSource,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/diagnostics.ts';
import { SplitProof } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/split-proof.ts';
import { MemoryCluster, VirtualClock } from '../release/doubles.ts';
import { diagnosticsOf } from './emissary-stand-in.ts';

function mapping(name: string, more: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'getambassador.io/v3alpha1',
    kind: 'Mapping',
    metadata: { name, namespace: 'shop', ...metadata },
    spec: { hostname: 'shop.example.com', prefix: '/', service: 'web:80', connect_timeout_ms: 3000, ...more },
  };
}
const ours = { labels: { 'ambassador-canary/release': 'web' } };
const stable = mapping('web', {});
const twin = mapping('web-canary', { service: 'web-canary:80', weight: 0 }, ours);
const route: Route = {
  stable: refOf(stable),
  twin,
  stableService: 'web:80',
  workload: 'web',
  statNames: [{ stable: 'web_shop_80', canary: 'web_canary_shop_80' }],
};

/** A router at this weight, and its word on an object. */
async function routerAt(weight?: number, routes: readonly Route[] = [route]) {
  const cluster = new MemoryCluster();
  const router = new AmbassadorRouter(cluster, routes);
  const footing = router.footing();
  if (weight !== undefined) {
    await router.open();
    await router.setWeight(Weight.of(weight));
  }
  const check = (name: string, live: KubeObject | undefined) =>
    footing.flatMap(one => (nameOf(one.ref) === name ? (one.check(live) ?? []) : []));
  const live = cluster.objects.get('Mapping shop/web-canary') ?? twin;
  const edited = (change: object, metadata: object = {}) => ({
    ...live,
    metadata: { ...live.metadata, ...metadata },
    spec: { ...asRecord(live.spec), ...change },
  });
  return { check, live, edited, footing };
}

describe('what a route stands on', () => {
  it('is sound as long as nobody changes it', async () => {
    const { check, live, footing } = await routerAt(25);
    assert.deepEqual(check('Mapping shop/web', stable), []);
    assert.deepEqual(check('Mapping shop/web-canary', live), []);
    assert.deepEqual(
      footing.map(({ isMadeByUs }) => isMadeByUs ?? false),
      [false, true],
    );
  });

  it("is stable's Mapping, without which the twin would take all", async () => {
    const { check } = await routerAt(25);
    assert.deepEqual(check('Mapping shop/web', undefined), [
      "Mapping shop/web is gone: somebody deleted it, and alone the canary's Mapping would take every request",
    ]);
  });

  it("is stable's Mapping in all that makes the two one group, and in where it leads", async () => {
    const { check } = await routerAt(25);
    const changes: [object, RegExp][] = [
      [{ prefix: '/new/' }, /changed in prefix: Emissary no longer splits/],
      [{ hostname: '*' }, /changed in hostname/],
      [{ method: 'GET' }, /changed in .*method/],
      [{ connect_timeout_ms: 1000 }, /changed in connect_timeout_ms/],
      [{ weight: 50 }, /got a weight/],
      [{ service: 'green:80' }, /leads to green:80 now, no longer to web:80/],
      [{ ambassador_id: ['other'] }, /changed in ambassador_id/],
    ];
    for (const [change, says] of changes) {
      assert.match(check('Mapping shop/web', mapping('web', change)).join(), says, JSON.stringify(change));
    }
    const manager = { managedFields: [{ manager: 'kubectl-edit', time: '2026-01-01T00:00:00Z' }] };
    assert.match(
      check('Mapping shop/web', mapping('web', { prefix: '/new/' }, manager)).join(),
      /changed in prefix \(last written by kubectl-edit\)/,
    );
  });

  it('takes no harm from what does not keep the two apart', async () => {
    const { check } = await routerAt(25);
    for (const change of [{ timeout_ms: 100 }, { rewrite: '/x/' }, { cors: {} }]) {
      assert.deepEqual(check('Mapping shop/web', mapping('web', change)), [], JSON.stringify(change));
    }
    assert.deepEqual(check('Mapping shop/web', mapping('web', {}, { labels: { team: 'blue' } })), []);
  });

  it('is the twin as we wrote it, whatever a watch that lags behind still shows of it', async () => {
    const { check, edited } = await routerAt(25);
    for (const weight of [0, 25]) assert.deepEqual(check('Mapping shop/web-canary', edited({ weight })), []);
    assert.deepEqual(check('Mapping shop/web-canary', edited({ service: 'web:80' })), []);
    assert.deepEqual(check('Mapping shop/web-canary', edited({ weight: 70 })), [
      'Mapping shop/web-canary got the weight 70, which this release did not give it',
    ]);
    assert.match(check('Mapping shop/web-canary', edited({ service: 'x' })).join(), /got the service x/);
    assert.match(
      check('Mapping shop/web-canary', undefined).join(),
      /was deleted: the canary gets no requests/,
    );
  });

  it('tells who set a weight that we had once given', async () => {
    const { check, edited } = await routerAt(25);
    const owned = (manager: string) => ({
      managedFields: [{ manager, fieldsV1: { 'f:spec': { 'f:weight': {} } } }],
    });
    assert.deepEqual(check('Mapping shop/web-canary', edited({ weight: 0 }, owned('ambassador-canary'))), []);
    assert.match(
      check('Mapping shop/web-canary', edited({ weight: 0 }, owned('kubectl-edit'))).join(),
      /got the weight 0 \(by kubectl-edit\)/,
    );
  });

  it('is the annotation in which Emissary finds a Mapping', async () => {
    const config =
      'apiVersion: getambassador.io/v3alpha1\nkind: Mapping\nname: web\nhostname: shop.example.com\n';
    const place = { apiVersion: 'v1', kind: 'Service', name: 'web', namespace: 'shop' };
    const fields = 'prefix: /\nservice: web:80\nconnect_timeout_ms: 3000\n';
    const annotated = (text: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'shop', annotations: { 'getambassador.io/config': text } },
    });
    const { check } = await routerAt(25, [{ ...route, stable: { ...refOf(stable), annotatedOn: place } }]);
    assert.deepEqual(check('Service shop/web', annotated(config + fields)), []);
    assert.match(
      check('Service shop/web', annotated('')).join(),
      /annotation of Service shop\/web\) is gone/,
    );
    assert.match(check('Service shop/web', undefined).join(), /is gone/);
    const moved = config + fields.replace('prefix: /', 'prefix: /new/');
    assert.match(check('Service shop/web', annotated(moved)).join(), /changed in prefix/);
  });

  it('is no twin that the router has taken away itself: why it did is what has to be told', async () => {
    const cluster = new MemoryCluster();
    const clock = new VirtualClock();
    // Emissary refuses stable's Mapping, so that the twin stands alone.
    const source: DiagnosticsSource = {
      address: 'emissary/admin:8877',
      get: async filter => ({
        status: 200,
        text: diagnosticsOf([asMapping(twin)])[filter],
      }),
    };
    const proof = new SplitProof(
      new Diagnostics(source, clock, Duration.seconds(5)),
      [{ ...route, twin: refOf(twin) }],
      clock,
    );
    const router = new AmbassadorRouter(cluster, [route], '', { proof, tell: () => {} });
    const [, twinFooting] = router.footing();
    assert.match(twinFooting?.check(undefined) ?? '', /was deleted/);
    await assert.rejects(router.open(), /Emissary does not split requests/);
    assert.equal(twinFooting?.check(undefined), undefined);
  });
});
