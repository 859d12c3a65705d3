import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  Comparison,
  type Window,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/comparison.ts';
import { seededRandom } from './doubles.ts';

const options = { tolerance: 1, forgiven: 1, falseAlarms: 0.006 };

function window(
  canary: readonly [bad: number, total: number],
  stable: readonly [bad: number, total: number],
) {
  const of = ([bad, total]: readonly [number, number]) => ({ bad, total });
  return { canary: of(canary), stable: of(stable) };
}

function compared(windows: readonly Window[], changes: Partial<typeof options> = {}): Comparison {
  const comparison = new Comparison({ ...options, ...changes });
  for (const one of windows) comparison.see(one);
  return comparison;
}

const times = (count: number, one: Window) => Array.from({ length: count }, () => one);

describe('the comparison with stable', () => {
  it('finds a canary that fails five times as often, and is surer with every window', () => {
    const sureness = [2, 4, 8, 16].map(count => compared(times(count, window([2, 40], [8, 800]))).sureness);
    assert.deepEqual(sureness, sureness.toSorted());
    assert.equal(compared(times(4, window([2, 40], [8, 800]))).isWorse, false);
    assert.equal(compared(times(16, window([2, 40], [8, 800]))).isWorse, true);
  });

  it('is not sure of anything while it has seen nothing', () => {
    assert.deepEqual([compared([]).isWorse, compared([]).sureness], [false, 0]);
  });

  it('has nothing against a canary that fails as often, however often that is', () => {
    assert.equal(compared(times(500, window([20, 40], [400, 800]))).sureness, 0);
  });

  it('has nothing against a canary while stable gets no requests', () => {
    assert.equal(compared(times(50, window([40, 40], [0, 0]))).isWorse, false);
  });

  it('takes an outage behind both for no difference, wherever it ends', () => {
    const quiet = times(20, window([0, 40], [1, 800]));
    const outage = times(8, window([24, 40], [480, 800]));
    assert.equal(compared([...quiet, ...outage]).sureness, 0);
    assert.equal(compared([...quiet, ...outage, ...quiet]).sureness, 0);
  });

  it('carries its evidence over weights', () => {
    const steps = [window([1, 40], [5, 800]), window([2, 80], [5, 760]), window([3, 200], [4, 600])];
    assert.equal(compared(steps.flatMap(one => times(4, one))).isWorse, true);
    for (const one of steps) assert.equal(compared(times(4, one)).isWorse, false);
  });

  it('condemns no canary for a single window, be it as bad as can be', () => {
    const quiet = times(30, window([0, 40], [1, 800]));
    const story = [...quiet, window([40, 40], [1, 800]), ...quiet];
    assert.equal(compared(story).isWorse, false);
    assert.equal(compared([window([40, 40], [1, 800])]).isWorse, false);
    assert.equal(compared(times(2, window([40, 40], [1, 800]))).isWorse, true);
  });

  it('forgives as many bad windows as it was told to', () => {
    const cold = times(4, window([40, 40], [30, 800]));
    const warm = times(30, window([2, 40], [30, 800]));
    assert.equal(compared([...cold, ...warm], { forgiven: 4 }).isWorse, false);
    assert.equal(compared([...cold, ...warm], { forgiven: 3 }).isWorse, true);
    assert.equal(compared(times(6, window([40, 40], [30, 800])), { forgiven: 4 }).isWorse, true);
  });

  it('is deaf to bursts that stable is known to have', () => {
    const past = Array.from({ length: 200 }, (_, i) => window([0, 0], [i % 7 === 0 ? 10 : 0, 800]));
    const release = [window([10, 40], [0, 800]), window([0, 40], [0, 800]), window([8, 40], [0, 800])];
    assert.equal(compared(release).isWorse, true);
    assert.equal(compared([...past, ...release]).isWorse, false);
    assert.ok(compared([...past, ...release]).dispersion > 7);
  });

  it('counts requests only since the canary has some', () => {
    const { sofar } = compared([
      window([0, 0], [9, 900]),
      window([1, 40], [2, 800]),
      window([2, 40], [3, 800]),
    ]);
    assert.deepEqual(sofar, window([3, 80], [5, 1600]));
  });

  it('tolerates what it was told to, and not much more', () => {
    const half = times(200, window([3, 50], [40, 1000]));
    assert.equal(compared(half).isWorse, true);
    assert.equal(compared(half, { tolerance: 1.5 }).isWorse, false);
    assert.equal(compared(times(200, window([8, 50], [40, 1000])), { tolerance: 1.5 }).isWorse, true);
  });

  const counts = fc.nat(60).chain(total => fc.tuple(fc.nat(total), fc.constant(total)));
  it('never calls a canary worse of which no request was bad', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(counts, counts), { maxLength: 20 }), pairs => {
        const spotless = pairs.map(([[, total], stable]) => window([0, total], stable));
        assert.equal(compared(spotless).isWorse, false);
      }),
    );
  });

  it('has fewer false alarms than it may, though it is asked after every window', () => {
    const random = seededRandom(3);
    const draw = (total: number) => {
      let bad = 0;
      for (let i = 0; i < total; i++) if (random() < 0.02) bad++;
      return [bad, total] as const;
    };
    const runs = 1_500;
    let alarms = 0;
    for (let run = 0; run < runs; run++) {
      const comparison = new Comparison({ ...options, falseAlarms: 0.02 });
      for (let i = 0; i < 40 && !comparison.isWorse; i++) comparison.see(window(draw(20), draw(80)));
      if (comparison.isWorse) alarms++;
    }
    assert.ok(alarms < 0.02 * runs, `${alarms} of ${runs}`);
  });
}).timeout(30_000);
