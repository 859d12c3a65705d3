import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { lengthOf } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/length.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { spec } from './doubles.ts';

/** Two steps of 5 minutes, 10 minutes for pods to get ready, a drain of 30 s, extension to twice the pause. */
const length = (changes: Partial<ReleaseSpec> = {}) => {
  const { planned, worst } = lengthOf({ ...spec, ...changes });
  return { planned: String(planned), worst: String(worst) };
};

describe('the length of a release', () => {
  it('is planned as its pauses, the waits for Emissary and the drain', () =>
    assert.equal(length().planned, '10m40s'));

  it('counts at worst each extension, four waits for pods and for Emissary, the drain and what is around it', () => {
    assert.equal(length().worst, '1h6m10s');
  });

  for (const onInconclusive of ['rollback', 'continue'] as const) {
    it(`has no extensions where unclear means ${onInconclusive}`, () => {
      assert.equal(length({ onInconclusive }).worst, '56m10s');
    });
  }

  it('has no extensions where there is nothing to check', () => {
    assert.equal(length({ checks: [] }).worst, '56m10s');
  });

  it('counts at worst the whole wait for another release', () => {
    const waiting = length({ lockTimeout: Duration.minutes(30) });
    assert.deepEqual(waiting, { planned: '10m40s', worst: '1h36m10s' });
  });

  it('counts one more wait for pods and for Emissary for each step', () => {
    assert.equal(length({ steps: [...spec.steps, ...spec.steps] }).worst, '1h46m40s');
  });
});
