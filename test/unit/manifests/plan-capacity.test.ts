import assert from 'node:assert/strict';
import { planCapacity } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/plan-capacity.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import {
  type KubeObject,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { deployment, spec } from '../release/doubles.ts';

const web = deployment('web', 'app:1');
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

function hpa(more: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop', ...metadata },
    spec: { scaleTargetRef: target, minReplicas: 2, maxReplicas: 9, ...more },
  };
}
const scaledObject = (more: object): KubeObject => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name: 'web', namespace: 'shop' },
  // KEDA takes a target without a kind for a Deployment.
  spec: { scaleTargetRef: { name: 'web' }, ...more },
});
const kedaOwned = {
  ownerReferences: [{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'web', uid: '1' }],
};
const plan = (autoscaler: KubeObject, changes: Partial<ReleaseSpec> = {}) =>
  planCapacity([web], { autoscalers: [autoscaler] }, { ...spec, ...changes });
const upTo = (percent: number) => ({
  steps: [{ weight: Weight.of(percent), pause: Duration.minutes(5) }],
});

describe("the capacity of stable's four pods", () => {
  it("is held by an HPA's minimum, which is as before afterwards", () => {
    const { capacity, notes, remarks, errors } = plan(hpa({}));
    assert.deepEqual(capacity, [{ autoscaler: refOf(hpa({})), field: 'minReplicas', raised: 4, was: 2 }]);
    assert.deepEqual([notes, errors], [[], []]);
    assert.deepEqual(remarks, [
      'HorizontalPodAutoscaler shop/web keeps stable at 4 pods: its minReplicas becomes 4 for the release, and is 2 again afterwards',
    ]);
  });

  it("is held by KEDA's own minimum, also where there was none", () => {
    const object = scaledObject({});
    assert.deepEqual(plan(object).capacity, [
      { autoscaler: refOf(object), field: 'minReplicaCount', raised: 4 },
    ]);
  });

  it('needs nothing where the minimum is as high, or where something else is scaled', () => {
    const others = [
      hpa({ minReplicas: 4 }),
      hpa({ minReplicas: 7 }),
      hpa({ scaleTargetRef: { ...target, name: 'api' } }),
      hpa({ scaleTargetRef: { ...target, kind: 'StatefulSet' } }),
      hpa({}, { namespace: 'data' }),
      scaledObject({ minReplicaCount: 5 }),
    ];
    for (const other of others) {
      for (const keepStableCapacity of [true, false]) {
        const made = plan(other, { keepStableCapacity, ...upTo(100) });
        assert.deepEqual(made, { capacity: [], notes: [], remarks: [], errors: [] });
      }
    }
  });

  it('is held up to the maximum and no further, which the plan says', () => {
    const { capacity, notes } = plan(hpa({ maxReplicas: 3 }));
    assert.equal(capacity[0]?.raised, 3);
    assert.match(notes.join(), /maximum of 3: of the 4 pods that run, stable is only sure of 3/);
    assert.deepEqual(plan(hpa({ maxReplicas: 2 })).capacity, []);
  });

  it('is held with a warning where a tool that may write back set the minimum', () => {
    const managed = (manager: string) =>
      hpa({}, { managedFields: [{ manager, fieldsV1: { 'f:spec': { 'f:minReplicas': {} } } }] });
    const { capacity, notes } = plan(managed('argocd-controller'));
    assert.equal(capacity.length, 1);
    assert.match(notes.join(), /belongs to argocd-controller as well, which may lower its minimum again/);
    assert.deepEqual(plan(managed('kubectl-client-side-apply')).notes, []);
    assert.deepEqual(plan(managed('ambassador-canary')).notes, []);
  });

  it('is given up with a warning where the user says so, and only up to a weight of 50', () => {
    const low = plan(hpa({}), { keepStableCapacity: false, ...upTo(50) });
    assert.deepEqual([low.capacity, low.errors], [[], []]);
    assert.match(low.notes.join(), /may shrink stable while the canary takes up to 50 % of its requests/);
    const [error, ...more] = plan(hpa({}), { keepStableCapacity: false, ...upTo(51) }).errors;
    assert.deepEqual(more, []);
    assert.equal(error?.code, 'INPUT_INVALID');
    assert.match(error?.sentence ?? '', /`weights`.*found 51, .*Leave `keepStableCapacity` at `true`/);
  });

  it('is given up likewise where KEDA goes below its minimum, or its object can not be read', () => {
    for (const unheld of [scaledObject({ idleReplicaCount: 0 }), hpa({}, kedaOwned)]) {
      const low = plan(unheld, upTo(50));
      assert.deepEqual([low.capacity, low.errors, low.notes.length], [[], [], 1]);
      const [error] = plan(unheld, upTo(80)).errors;
      assert.match(error?.sentence ?? '', /found 80, .*or write weights up to 50/);
    }
  });
});
