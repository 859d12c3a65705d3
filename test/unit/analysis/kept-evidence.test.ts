import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  Comparison,
  type Window,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/comparison.ts';
import {
  type KeptEvidence,
  readEvidence,
  writeEvidence,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/kept-evidence.ts';

const options = { tolerance: 1.5, forgiven: 4, falseAlarms: 0.006 };
const counts = fc.tuple(fc.nat(400), fc.nat(40)).map(([good, bad]) => ({ total: good + bad, bad }));
const windows = fc.array(fc.record({ canary: counts, stable: counts }), { maxLength: 40 });

function seen(all: readonly Window[], comparison = new Comparison(options)): Comparison {
  for (const one of all) comparison.see(one);
  return comparison;
}

function kept(comparison: Comparison): KeptEvidence {
  const { state } = comparison;
  const story = { errors: state, slowness: state, slowEdge: 250 };
  return { windows: 2, total: { requests: 10, failed: 1 }, stories: { web: story } };
}

/** Through the record and back. */
function handedOver(comparison: Comparison): Comparison {
  const text = writeEvidence(kept(comparison));
  const state = readEvidence(text ?? '')?.stories.web?.errors;
  assert.ok(state);
  const other = seen([], new Comparison(options));
  other.restore(state);
  return other;
}

describe('evidence that another process goes on with', () => {
  it('is as sure as before, and comes to the same verdict over what is seen from then on', () => {
    fc.assert(
      fc.property(windows, windows, (before, after) => {
        const whole = seen(before);
        const other = handedOver(whole);
        assert.ok(Math.abs(other.sureness - whole.sureness) < 1e-6);
        assert.deepEqual(other.sofar, whole.sofar);
        // Only the pair of neighbours on both sides of the gap tells the other nothing of how requests burst.
        for (const one of [whole, other]) seen(after, one);
        assert.deepEqual(other.sofar, whole.sofar);
        if (after.length === 0) assert.equal(other.isWorse, whole.isWorse);
      }),
      { numRuns: 60 },
    );
  });

  it('makes no failed canary a good one: what had condemned it still does', () => {
    const bad = { canary: { total: 40, bad: 8 }, stable: { total: 800, bad: 8 } };
    const whole = seen(Array.from({ length: 16 }, () => bad));
    assert.equal(whole.isWorse, true);
    assert.equal(handedOver(whole).isWorse, true);
  });

  it('is short, and left out where it would be too long for a record', () => {
    const bad = { canary: { total: 40, bad: 7 }, stable: { total: 811, bad: 13 } };
    const one = kept(seen(Array.from({ length: 30 }, () => bad)));
    const length = writeEvidence(one)?.length ?? 0;
    assert.ok(length > 0 && length < 4_000, String(length));
    const { web } = one.stories;
    assert.ok(web);
    const stories = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`web-${i}`, web]));
    assert.equal(writeEvidence({ ...one, stories }), undefined);
  });

  it('is not read where any part is not what it must be', () => {
    const whole = kept(seen([]));
    const { web } = whole.stories;
    assert.ok(web);
    const wrong: unknown[] = [
      null,
      [],
      {},
      { ...whole, windows: -1 },
      { ...whole, windows: '2' },
      { ...whole, total: { requests: 1 } },
      { ...whole, stories: {} },
      { ...whole, stories: { web: { ...web, slowEdge: 0 } } },
      { ...whole, stories: { web: { ...web, errors: { ...web.errors, logs: [1] } } } },
      {
        ...whole,
        stories: { web: { ...web, errors: { ...web.errors, logs: web.errors.logs.map(() => null) } } },
      },
      {
        ...whole,
        stories: { web: { ...web, errors: { ...web.errors, logs: web.errors.logs.map(() => 1e300) } } },
      },
      { ...whole, stories: { web: { ...web, errors: { ...web.errors, canary: { total: 1, bad: 2 } } } } },
      { ...whole, stories: { web: { ...web, errors: { ...web.errors, strongest: [[1]] } } } },
      {
        ...whole,
        stories: { web: { ...web, slowness: { ...web.slowness, dispersion: { squares: 1, expected: 0 } } } },
      },
    ];
    for (const value of wrong) {
      const text = JSON.stringify(value);
      assert.equal(readEvidence(text), undefined, text);
    }
    assert.equal(readEvidence('{'), undefined);
    assert.deepEqual(readEvidence(JSON.stringify(whole)), whole);
  });
});
