import assert from 'node:assert/strict';
import {
  autoscaledAmong,
  scaledObjectOf,
  scales,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/autoscaled.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

function web(...managedFields: readonly object[]): KubeObject {
  const metadata = { name: 'web', namespace: 'shop', managedFields };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata };
}

function hpa(scaleTargetRef: object, namespace = 'shop'): KubeObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace },
    spec: { scaleTargetRef },
  };
}

/** What a field manager wrote below `spec`. */
const wrote = (manager: string, ...fields: readonly string[]) => ({
  manager,
  fieldsV1: { 'f:spec': Object.fromEntries(fields.map(field => [`f:${field}`, {}])) },
});

describe('the replicas of a Deployment', () => {
  const ofAutoscaler = (...autoscalers: readonly KubeObject[]) =>
    autoscaledAmong([web()], autoscalers).size > 0;
  const ofWriter = (...entries: readonly object[]) => autoscaledAmong([web(...entries)], []).size > 0;

  it('are those of the autoscaler that names it, of its kind and in its namespace', () => {
    assert.equal(ofAutoscaler(hpa({ kind: 'Deployment', name: 'web' })), true);
    assert.equal(ofAutoscaler(hpa({ name: 'api' }), hpa({ name: 'web' })), true, 'KEDA names no kind');
    assert.equal(ofAutoscaler(hpa({ kind: 'StatefulSet', name: 'web' })), false);
    assert.equal(ofAutoscaler(hpa({ kind: 'Deployment', name: 'api' })), false);
    assert.equal(ofAutoscaler(hpa({ kind: 'Deployment', name: 'web' }, 'other')), false);
    assert.equal(ofAutoscaler(), false);
    assert.equal(scales({ ...hpa({}), spec: {} }, web()), false, 'one without a target');
  });

  it('are those of whoever scaled it and left the pods alone', () => {
    assert.equal(ofWriter({ manager: 'kubectl', subresource: 'scale' }), true);
    assert.equal(ofWriter(wrote('helm', 'replicas', 'template'), wrote('kubectl-edit', 'replicas')), true);
    assert.equal(ofWriter(wrote('helm', 'replicas', 'template')), false, 'a deployer writes both');
    assert.equal(ofWriter(wrote('someone', 'strategy')), false);
    assert.equal(ofWriter(wrote('ambassador-canary', 'replicas')), false, 'we ourselves');
    assert.equal(ofWriter({ manager: 'odd' }), false);
  });
});

describe("an autoscaler of KEDA's", () => {
  const owned = (namespace: string | undefined, ...ownerReferences: readonly object[]): KubeObject => ({
    ...hpa({}),
    metadata: { name: 'keda-hpa-web', ownerReferences, ...(namespace !== undefined && { namespace }) },
  });
  const owner = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'web' };

  it('is known by the ScaledObject that owns it', () => {
    assert.deepEqual(scaledObjectOf(owned('shop', { kind: 'Other', name: 'x' }, owner)), {
      ...owner,
      namespace: 'shop',
    });
    assert.deepEqual(scaledObjectOf(owned(undefined, owner)), owner);
  });

  it('is none without such an owner, or with one that names nothing', () => {
    assert.equal(scaledObjectOf(owned('shop')), undefined);
    assert.equal(scaledObjectOf(owned('shop', { ...owner, kind: 'Other' })), undefined);
    assert.equal(scaledObjectOf(owned('shop', { kind: 'ScaledObject', name: 'web' })), undefined);
    assert.equal(scaledObjectOf(owned('shop', { ...owner, name: 7 })), undefined);
  });
});
