import assert from 'node:assert/strict';
import { surveyManifests } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/survey-manifests.ts';
import {
  identityOf,
  type KubeObject,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

function object(apiVersion: string, kind: string, name: string, metadata: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'shop', ...metadata } };
}

const text = `apiVersion: getambassador.io/v3alpha1
kind: Mapping
name: annotated
prefix: /
service: web
`;
const app = object('apps/v1', 'Deployment', 'web');
const plain = object('v1', 'Service', 'web');
const annotated = object('v1', 'Service', 'annotated', { annotations: { 'getambassador.io/config': text } });
const mapping = object('getambassador.io/v3alpha1', 'Mapping', 'web');
const old = object('x.getambassador.io/v3alpha1', 'AmbassadorMapping', 'old');
const tcp = object('getambassador.io/v3alpha1', 'TCPMapping', 'tcp');
const hpa: KubeObject = {
  ...object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web'),
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' } },
};
const keda = object('keda.sh/v1alpha1', 'ScaledObject', 'keda');
const policy = object('networking.k8s.io/v1', 'NetworkPolicy', 'web');
const budget = object('policy/v1', 'PodDisruptionBudget', 'web');
const settings = object('v1', 'ConfigMap', 'settings');
const database = object('apps/v1', 'StatefulSet', 'database');
const ours = [app, plain, annotated, mapping, old, tcp, hpa, keda, policy, budget, settings, database];
/** Each has the kind of one of ours, and is another. */
const others = ours.map(({ kind }, index) => object('example.com/v1', kind, `other-${index}`));

describe('the cluster that manifests alone let expect', () => {
  const surveyed = surveyManifests([...ours, ...others]);
  const change = (one: KubeObject) => surveyed.changes.get(identityOf(refOf(one)));

  it('runs all that they say', () => {
    assert.deepEqual([...surveyed.live.values()], [...ours, ...others]);
  });

  it('has each object for what it is, by its group as well as its kind', () => {
    assert.deepEqual(surveyed.services, [plain, annotated]);
    assert.deepEqual(surveyed.mappings, [mapping, old]);
    assert.deepEqual(surveyed.routing?.tcpMappings, [tcp]);
    assert.deepEqual(surveyed.autoscalers, [hpa, keda]);
    assert.deepEqual([...surveyed.autoscaled], [identityOf(refOf(app))]);
    assert.deepEqual([surveyed.around.policies, surveyed.around.budgets], [[policy], [budget]]);
  });

  it('has the Mappings that annotations hold', () => {
    const read = surveyed.routing?.annotations.map(({ parent, reading }) => [
      parent.metadata.name,
      reading.objects.map(({ metadata }) => metadata.name),
    ]);
    assert.deepEqual(read, [['annotated', ['annotated']]]);
  });

  it('changes in all, but for what may not change, which mostly does not', () => {
    assert.deepEqual(change(app), { template: true, besidesTemplate: true });
    assert.deepEqual(change(plain), { template: false, besidesTemplate: true });
    assert.deepEqual(change(database), { template: false, besidesTemplate: false });
    assert.deepEqual(change(settings)?.content, { object: settings, stale: [] });
  });
});
