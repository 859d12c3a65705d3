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
  it('of many is told for all of them, at each tenth, and by name where there is a reason', () => {
    const told: string[] = [];
    const deployment = (index: number, counts: Readonly<Record<string, number>>) => {
      const one = web(2, counts);
      return { ...one, metadata: { ...one.metadata, name: `web-${index}` } };
    };
    const all = Array.from({ length: 40 }, (_, index) => deployment(index, {}));
    const rollouts = new Rollouts(all.map(refOf), detail => told.push(detail));
    for (const index of all.keys()) {
      rollouts.see(deployment(index, { replicas: 2, updatedReplicas: 1 }));
      if (index === 7) rollouts.explain(refOf(deployment(7, {})), 'no image');
      rollouts.see(deployment(index, { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }));
    }
    assert.match(
      told.join('\n'),
      /^4 of 40 Deployments ready\nweb-7: .*no image\n8 of 40 Deployments ready\n12 of/,
    );
    assert.equal(told.at(-1), '40 of 40 Deployments ready');
    assert.equal(told.length, 11);
  });

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
