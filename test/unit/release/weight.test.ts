import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';

describe('a weight', () => {
  for (const bad of [-1, 101, 12.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`can't be ${bad}, which Emissary would not take, or take for an outage (facts/emissary.md 4 and 7)`, () => {
      assert.throws(() => Weight.of(bad), { name: 'RangeError', message: new RegExp(`not ${bad}$`) });
    });
  }

  it('can be anything from 0 to 100, and is shown in percent', () => {
    assert.equal(`${Weight.of(0)}, ${Weight.of(5)}, ${Weight.of(100)}`, '0 %, 5 %, 100 %');
  });

  const shares: [percent: number, replicas: number, pods: number][] = [
    [10, 4, 1],
    [50, 4, 2],
    [51, 4, 3],
    [100, 4, 4],
    [1, 1, 1],
    [5, 100, 5],
    [7, 100, 7],
    [50, 0, 1],
    [0, 4, 1],
  ];
  for (const [percent, replicas, pods] of shares) {
    it(`of ${percent} % takes ${pods} where stable has ${replicas}`, () => {
      assert.equal(Weight.of(percent).shareOf(replicas), pods);
    });
  }

  it('never has fewer pods than its share, nor one more than it takes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 10_000 }),
        (percent, replicas) => {
          const pods = Weight.of(percent).shareOf(replicas);
          return pods * 100 >= replicas * percent && (pods - 1) * 100 < replicas * percent;
        },
      ),
    );
  });
});
