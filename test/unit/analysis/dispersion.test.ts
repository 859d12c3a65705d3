import assert from 'node:assert/strict';
import {
  type Counts,
  Dispersion,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/dispersion.ts';
import { seededRandom } from './doubles.ts';

/** What is learnt from windows that follow each other. */
function learnt(windows: readonly Counts[]): number {
  const dispersion = new Dispersion();
  for (const [i, now] of windows.slice(1).entries()) dispersion.addPair(windows[i] ?? now, now);
  return dispersion.value;
}

/** Windows of so many requests, of which so many fail at a time. */
function windows(count: number, burst: number, shareAt: (i: number) => number, total = 500): Counts[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, (_, i) => {
    let bad = 0;
    for (let j = 0; j < total / burst; j++) if (random() < shareAt(i)) bad += burst;
    return { total, bad };
  });
}

describe('the dispersion of bad requests', () => {
  it('is between one and two while nothing is known', () => {
    assert.equal(new Dispersion().value, 1.5);
  });

  it('is close to 1 where they come one by one, and never below', () => {
    const value = learnt(windows(400, 1, () => 0.01));
    assert.ok(value >= 1 && value < 1.2, String(value));
    assert.equal(learnt(Array.from({ length: 50 }, () => ({ total: 500, bad: 5 }))), 1);
  });

  for (const burst of [5, 10, 50]) {
    it(`is close to ${burst} where ${burst} come at a time`, () => {
      const value = learnt(windows(400, burst, () => 0.01));
      assert.ok(Math.abs(value / burst - 1) < 0.25, String(value));
    });
  }

  it('is nearly known after the first burst', () => {
    const quiet = { total: 100, bad: 0 };
    assert.ok(learnt([quiet, { total: 100, bad: 10 }, quiet]) > 8);
  });

  it('does not take a rate that drifts, or a share of the traffic that changes, for bursts', () => {
    const drifting = learnt(windows(400, 1, i => 0.002 + i / 4000));
    assert.ok(drifting < 1.25, String(drifting));
    const growing = [50, 50, 100, 100, 250, 250, 500, 500].map(total => ({ total, bad: total / 50 }));
    assert.equal(learnt(growing), 1);
  });

  it('learns nothing from windows without requests', () => {
    const dispersion = new Dispersion();
    dispersion.addPair({ total: 0, bad: 0 }, { total: 10, bad: 10 });
    assert.equal(dispersion.value, 1.5);
  });
});
