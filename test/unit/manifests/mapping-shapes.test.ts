import assert from 'node:assert/strict';
import { annotatedMappings } from '../../../rig/emissary/all-mappings.ts';
import { compile } from '../../../rig/emissary/compile.ts';
import type { HostObject } from '../../../rig/emissary/model.ts';
import { routeOf } from '../../../sandbox/envoy-router.ts';
import { at } from '../../../sandbox/objects.ts';
import { survey } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/survey.ts';
import { makePlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/make-plan.ts';
import { asMapping } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/routing.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  asRecord,
  type KubeObject,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { CanaryPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { DryRunCluster } from '../cluster/dry-run-cluster.ts';
import { spec } from '../release/doubles.ts';
import { asStored, type Shape, shapesIn, workload } from './mapping-shapes.ts';

async function planOf({ objects }: Shape): Promise<CanaryPlan> {
  const cluster = new DryRunCluster(workload('1.0.0'), ...objects.map(asStored));
  cluster.earlyVersions = ['v3alpha1'];
  const release = [workload('2.0.0')];
  const plan = makePlan(spec, release, await survey(release, cluster));
  assert.equal(plan.kind, 'canary');
  return plan as CanaryPlan;
}

/** Where Envoy sends a shape's requests when a twin of each route has this weight, for the number that is drawn. */
function routedTo({ objects }: Shape, plan: CanaryPlan, weight: number) {
  const twins = plan.routes.map(({ twin }) => ({ ...twin, spec: { ...asRecord(twin.spec), weight } }));
  const real = [...objects.map(asStored), ...twins].filter(({ kind }) => /^(Ambassador)?Mapping$/.test(kind));
  const snapshot = {
    mappings: [...real.map(asMapping), ...annotatedMappings(objects)],
    hosts: objects.filter(({ kind }) => kind === 'Host') as unknown as HostObject[],
  };
  const compiled = compile(snapshot, { ambassadorId: 'default', emissaryNamespace: 'emissary' });
  const errors = compiled.model.errors.filter(([, text]) => !text.includes('Originate-TLS'));
  assert.deepEqual(errors, []);
  const clusters = new Map([...compiled.model.clusters.values()].map(one => [one.envoyName, one.statName]));
  return (request: Shape['requests'][number], drawn: number): string | undefined => {
    const route = routeOf(compiled.virtualHosts, { ...request, method: 'GET' }, drawn);
    return clusters.get(String(at(route, 'route', 'cluster')));
  };
}

describe('the shapes of routes that are split', () => {
  for (const shape of shapesIn('split')) {
    it(shape.name, async () => {
      const plan = await planOf(shape);
      assert.ok(shape.requests.length > 0);
      assert.equal(plan.routes.length, shape.requests.length);
      for (const weight of [0, 1, 10, 50, 100]) {
        const send = routedTo(shape, plan, weight);
        for (const [index, request] of shape.requests.entries()) {
          const names = plan.routes.flatMap(({ statNames }) => [...statNames]);
          const isCanary = (cluster: string | undefined) => names.some(({ canary }) => canary === cluster);
          const isStable = (cluster: string | undefined) => names.some(({ stable }) => stable === cluster);
          if (weight > 0) assert.ok(isCanary(send(request, weight - 0.01)), `${weight} of request ${index}`);
          if (weight < 100) assert.ok(isStable(send(request, weight)), `the rest at ${weight}`);
        }
      }
    });
  }
});

describe('the shapes of routes that are refused', () => {
  const reasons: Readonly<Record<string, RegExp>> = {
    'annotation-that-is-no-yaml': /Service shop\/web can't be read: expected YAML, found line \d/,
    'canary-of-somebody-else': /is not alone in its group: .*found Mapping edge\/web-blue/,
    'consul-resolver': /found resolver consul-dc1, a ConsulResolver/,
    'consul-resolver-by-default': /found resolver consul, a ConsulResolver/,
    'default-labels-in-the-module': /so has the Module of Emissary as default_labels/,
    'regex-header-on-emissary-3.9': /found Emissary 3\.9\. Upgrade Emissary/,
    'second-weightless-mapping': /is not alone in its group: .*found Mapping shop\/web-old/,
    'service-copied-with-its-annotation':
      /is not the only one of its name: .*found Mapping shop\/web \(annotation of Service shop\/web-old\)/,
    'stable-with-a-weight': /already has a weight: .*found weight 90/,
    'stable-with-weight-0': /already has a weight: .*found weight 0/,
    'star-in-an-exact-host': /can't be split: .*found host: "\*\.example\.com"/,
    'tcp-mapping': /TCPMapping shop\/web-tcp sends raw connections/,
    'tcp-mapping-in-an-annotation': /TCPMapping shop\/web-tcp \(annotation of Service shop\/web\) sends raw/,
    'v2-and-v3alpha1-of-one-group': /is not alone in its group: .*found Mapping shop\/old/,
  };
  const shapes = shapesIn('refused');

  it('are all in the table', () => {
    assert.deepEqual(shapes.map(({ name }) => name).sort(), Object.keys(reasons).sort());
  });

  for (const shape of shapes) {
    it(shape.name, async () => {
      const told = await planOf(shape).then(
        () => [],
        thrown => toCanaryErrors(thrown).map(({ code, sentence }) => `${code} ${sentence}`),
      );
      assert.match(told.join('\n'), reasons[shape.name] ?? /^$/);
      assert.ok(told.every(text => text.startsWith('ROUTE_NOT_SPLITTABLE ')));
    });
  }
});

describe('a twin of a shape in an older version', () => {
  it('is of that version where the cluster serves no other', async () => {
    const shape = shapesIn('split').find(({ name }) => name === 'v2-without-host');
    assert.ok(shape);
    const cluster = new DryRunCluster(workload('1.0.0'), ...shape.objects);
    cluster.mappingVersions = ['v2'];
    const plan = makePlan(spec, [workload('2.0.0')], await survey([workload('2.0.0')], cluster));
    const twins: readonly KubeObject[] = plan.kind === 'canary' ? plan.routes.map(({ twin }) => twin) : [];
    assert.deepEqual(
      twins.map(({ apiVersion }) => apiVersion),
      ['getambassador.io/v2'],
    );
  });
});
