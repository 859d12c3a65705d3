import assert from 'node:assert/strict';
import { judgeRollout } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/readiness.ts';
import { deployment } from './deployments.ts';

describe('readiness', () => {
  it('is there when all pods are of the latest version and available', () => {
    assert.deepEqual(judgeRollout(deployment('web', { replicas: 2, updated: 2, available: 2 })), {
      state: 'ready',
      detail: '2 of 2 pods ready',
    });
  });

  it('is there for a Deployment that is scaled to nothing', () => {
    assert.equal(judgeRollout(deployment('web', { wanted: 0 })).state, 'ready');
  });

  it('takes one replica for granted where none is said', () => {
    const web = deployment('web', { replicas: 1, updated: 1, available: 1 });
    assert.equal(judgeRollout({ ...web, spec: {} }).detail, '1 of 1 pods ready');
  });

  it('is not there', () => {
    const cases: [Parameters<typeof deployment>[1], string][] = [
      [{ replicas: 0, updated: 0, available: 0 }, '0 of 2 pods ready'],
      [{ replicas: 1, updated: 1, available: 1 }, '1 of 2 pods ready'],
      [{ replicas: 2, updated: 2, available: 1 }, '1 of 2 pods ready'],
      [{ replicas: 3, updated: 1, available: 3 }, '1 of 2 pods of the new version, 2 of the old left'],
      [{ replicas: 3, updated: 2, available: 3 }, '2 of 2 pods of the new version, 1 of the old left'],
    ];
    for (const [state, detail] of cases) {
      assert.deepEqual(judgeRollout(deployment('web', state)), { state: 'waiting', detail });
    }
  });

  it('is not known before the Deployment controller has seen the latest spec', () => {
    const before = { generation: 3, observed: 2, replicas: 2, updated: 2, available: 2 };
    assert.equal(judgeRollout(deployment('web', before)).state, 'unseen');
  });

  it('is given up where Kubernetes has given up, but not for a version that it has not seen yet', () => {
    const late = { replicas: 2, updated: 2, available: 0, overdueSince: 'then' };
    assert.deepEqual(judgeRollout(deployment('web', late)), {
      state: 'overdue',
      detail: '0 of 2 pods ready',
      since: 'then',
    });
    assert.equal(judgeRollout(deployment('web', { ...late, generation: 2, observed: 1 })).state, 'unseen');
    assert.equal(judgeRollout(deployment('web', { ...late, available: 2 })).state, 'ready');
  });
});
