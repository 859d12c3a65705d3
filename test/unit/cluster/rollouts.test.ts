import assert from 'node:assert/strict';
import { Rollouts } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/rollouts.ts';
import {
  type KubeObject,
  refOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';

/** A Deployment of two pods whose controller has seen this generation of its spec, of 2. */
function web(observedGeneration: number, counts: Readonly<Record<string, number>> = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', generation: 2 },
    spec: { replicas: 2 },
    status: { observedGeneration, ...counts },
  };
}

function watched() {
  const told: string[] = [];
  return { told, rollouts: new Rollouts([refOf(web(1))], detail => told.push(detail)) };
}

describe('the progress of a rollout', () => {
  it('does not tell that the controller has yet to see the change, as it has at the start of each', () => {
    const { told, rollouts } = watched();
    rollouts.see(web(1, { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }));
    rollouts.see(web(2, { replicas: 3, updatedReplicas: 1, availableReplicas: 2 }));
    assert.deepEqual(told, ['web: 1 of 2 pods of the new version, 2 of the old left']);
  });

  it('keeps it as what is known, for the reason at a timeout', () => {
    const { rollouts } = watched();
    rollouts.see(web(1, { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }));
    assert.deepEqual(
      rollouts.late().map(({ rollout }) => rollout?.detail),
      ['its new version is not yet seen by the Deployment controller'],
    );
  });

  it('tells what changes, and nothing twice', () => {
    const { told, rollouts } = watched();
    rollouts.see(web(2, { replicas: 2, updatedReplicas: 2, availableReplicas: 1 }));
    rollouts.see(web(2, { replicas: 2, updatedReplicas: 2, availableReplicas: 1 }));
    rollouts.explain(refOf(web(2)), 'image app:2 is not found');
    rollouts.see(web(2, { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }));
    assert.deepEqual(told, [
      'web: 1 of 2 pods ready',
      'web: 1 of 2 pods ready; image app:2 is not found',
      'web: 2 of 2 pods ready',
    ]);
  });
});
