import assert from 'node:assert/strict';
import { plannedObjects } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/planned-objects.ts';
import {
  draftRelease,
  manifestsAlone,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/prepare-release.ts';
import { toCanaryErrors } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  type KubeObject,
  nameOf,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { planFindings } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/plan-findings.ts';
import { spec } from './release/doubles.ts';

const labels = { app: 'web' };
const deployment: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 4,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app:2' }] } },
  },
};
const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: labels, ports: [{ port: 80 }] },
};
const mapping: KubeObject = {
  apiVersion: 'getambassador.io/v3alpha1',
  kind: 'Mapping',
  metadata: { name: 'web' },
  spec: { hostname: '*', prefix: '/', service: 'web' },
};
const scaler: KubeObject = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 9 },
};
const other = (apiVersion: string, kind: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'web' },
});

function draft(...objects: readonly KubeObject[]) {
  const documents = objects.map((object, index) => ({ object, source: { path: `${index}.yaml`, line: 1 } }));
  return draftRelease({ ...spec, namespace: 'shop' }, documents, manifestsAlone);
}

async function told(...objects: readonly KubeObject[]): Promise<readonly string[]> {
  const { plan, surveyed } = await draft(...objects);
  return plannedObjects(plan, surveyed).map(
    ({ when, verb, object }) => `${when} ${verb} ${nameOf({ ...object, ...object.metadata })}`,
  );
}

describe('a plan from the manifests alone', () => {
  it('releases every workload that a Mapping of the manifests routes to, as if all of it changed', async () => {
    assert.deepEqual(await told(deployment, service, mapping), [
      'start create Service shop/web-canary',
      'start create Deployment shop/web-canary',
      'start create Mapping shop/web-canary',
      'promotion change Deployment shop/web',
      'promotion change Service shop/web',
      'promotion change Mapping shop/web',
      'end remove Mapping shop/web-canary',
      'end remove Deployment shop/web-canary',
      'end remove Service shop/web-canary',
    ]);
  });

  it('has the first weight and its pods in what it creates', async () => {
    const { plan, surveyed } = await draft(deployment, service, mapping);
    const [, canary, twin] = plannedObjects(plan, surveyed).map(
      ({ object }) => object.spec as { replicas?: number; weight?: number },
    );
    assert.equal(canary?.replicas, 1);
    assert.equal(twin?.weight, 10);
  });

  it('leaves the replicas to an autoscaler of the manifests', async () => {
    const { plan } = await draft(deployment, service, mapping, scaler);
    assert.ok(plan.kind === 'canary');
    assert.ok(!('replicas' in (plan.workloads[0].promoted.spec as object)));
    const without = (await draft(deployment, service, mapping)).plan;
    assert.ok(without.kind === 'canary' && 'replicas' in (without.workloads[0].promoted.spec as object));
  });

  it('puts into the namespace what lives in one, by what is known of its kind', async () => {
    const kinds = [
      other('v1', 'ConfigMap'),
      other('example.com/v1', 'Widget'),
      other('v1', 'Namespace'),
      other('rbac.authorization.k8s.io/v1', 'ClusterRole'),
      other('apiextensions.k8s.io/v1', 'CustomResourceDefinition'),
      other('storage.k8s.io/v1', 'StorageClass'),
    ];
    const { surveyed } = await draft(deployment, service, mapping, ...kinds);
    const namespaces = [...surveyed.live.values()].map(({ kind, metadata }) => [kind, metadata.namespace]);
    assert.deepEqual(namespaces.slice(3), [
      ['ConfigMap', 'shop'],
      ['Widget', 'shop'],
      ['Namespace', undefined],
      ['ClusterRole', undefined],
      ['CustomResourceDefinition', undefined],
      ['StorageClass', undefined],
    ]);
  });

  it('is refused for what the manifests themselves make impossible', async () => {
    const refusals = async (...objects: readonly KubeObject[]) =>
      draft(...objects).then(
        () => [],
        thrown => toCanaryErrors(thrown).map(({ code }) => code),
      );
    assert.deepEqual(await refusals(deployment, service), ['NO_ROUTE']);
    assert.deepEqual(await refusals(service), ['NO_WORKLOAD']);
    const weighted = { ...mapping, spec: { ...(mapping.spec as object), weight: 20 } };
    assert.deepEqual(await refusals(deployment, service, weighted), ['ROUTE_NOT_SPLITTABLE']);
  });

  it('does not take a StatefulSet for changed, and says so', async () => {
    const found = await draft(deployment, service, mapping, other('apps/v1', 'StatefulSet'));
    assert.deepEqual(planFindings(found, [], true), [
      {
        kind: 'warning',
        text: 'StatefulSet shop/web counts as unchanged: had it changed, the release would be refused',
      },
    ]);
    assert.deepEqual(planFindings(found, [], false), []);
  });
});
