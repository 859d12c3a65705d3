import assert from 'node:assert/strict';
import {
  locksOf,
  sortedLocks,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/release-name.ts';

const deployment = (namespace: string, name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name },
});

describe('The locks of a release', () => {
  it('have one order, whatever names them: manifests in any order, or the records of earlier runs', () => {
    const objects = [deployment('shop', 'web'), deployment('shop', 'api-v2'), deployment('shop', 'api')];
    const locks = locksOf(objects);
    assert.deepEqual(
      locks.map(({ name }) => name),
      ['api-canary', 'api-v2-canary', 'web-canary'],
    );
    assert.deepEqual(locksOf([...objects].reverse()), locks);
    assert.deepEqual(sortedLocks([...locks].reverse()), locks);
  });

  it('are taken once each', () => {
    const lock = { namespace: 'shop', name: 'api-canary' };
    assert.deepEqual(sortedLocks([lock, { ...lock }, { ...lock, namespace: 'other' }]), [
      { ...lock, namespace: 'other' },
      lock,
    ]);
  });
});
