import assert from 'node:assert/strict';
import { clearLeftovers } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/clear-leftovers.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { canaryPlan, deployment, doubles } from './doubles.ts';
import { claim } from './run.ts';

const ours = { 'ambassador-canary/release': 'web' };
const configMap = (name: string, value: string, labels: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', labels: { ...labels } },
  data: { a: value },
});
const before = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings-before-canary', namespace: 'shop' };

function web(name: string, reads: string, digest?: string): KubeObject {
  const annotations = digest === undefined ? {} : { 'ambassador-canary/configuration': digest };
  const containers = [{ name: 'app', image: 'app:1', envFrom: [{ configMapRef: { name: reads } }] }];
  return deployment(name, 'app:1', { template: { metadata: { annotations }, spec: { containers } } });
}
const canary = web('web-canary', 'settings-canary', 'new');
const oldStable = web('web', 'settings');
const newStable = web('web', 'settings', 'new');

/** A run that only changes configuration dies in its promotion, with the cluster in this state; then the next run clears. */
async function afterCrash(...live: readonly KubeObject[]) {
  const ports = doubles();
  const plan = canaryPlan({
    configuration: [
      { object: configMap('settings', '2'), stale: [], before },
      { object: configMap('optional', '2'), stale: [] },
    ],
  });
  for (const object of live) await ports.cluster.apply(object);
  const left = { ...recordFor(claim, plan), phase: 'promoting', weight: 50 } as const;
  await clearLeftovers(left, ports, {
    reason: 'a crash',
    drain: Duration.seconds(1),
    rolloutTimeout: Duration.minutes(1),
  });
  const { objects } = ports.cluster;
  return {
    settings: objects.get('ConfigMap shop/settings'),
    names: [...objects.keys()].sort(),
  };
}
const labelled = { ...canary, metadata: { ...canary.metadata, labels: ours } };
const kept = configMap('settings-before-canary', '1', ours);
const changed = [configMap('settings', '2', { team: 'blue' }), configMap('optional', '2'), kept];

describe('configuration after a run died in its promotion', () => {
  it('is what it was where stable was not replaced yet, and what was not there is gone', async () => {
    const { settings, names } = await afterCrash(oldStable, labelled, ...changed);
    assert.deepEqual(settings?.data, { a: '1' });
    assert.deepEqual(settings?.metadata.labels, { team: 'blue' });
    assert.deepEqual(names, ['ConfigMap shop/settings', 'Deployment shop/web']);
  });

  it('stays new where stable runs the new version, and where the canary had been removed', async () => {
    for (const live of [[newStable, labelled], [newStable]]) {
      const { settings, names } = await afterCrash(...live, ...changed);
      assert.deepEqual(settings?.data, { a: '2' });
      assert.deepEqual(names, ['ConfigMap shop/optional', 'ConfigMap shop/settings', 'Deployment shop/web']);
    }
  });

  it("is not taken from somebody else's object under the name of the copy", async () => {
    const foreign = configMap('settings-before-canary', 'foreign');
    const live = [oldStable, labelled, configMap('settings', '2'), foreign];
    // The object that is not ours is named and left, and so is the release.
    await assert.rejects(afterCrash(...live), {
      found: /settings-before-canary was left alone/,
    });
  });
});
