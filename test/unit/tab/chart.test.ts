import assert from 'node:assert/strict';
import fc from 'fast-check';
import { chartSpan, layOut } from '../../../tab/chart/geometry.ts';
import { linePath, stepPath } from '../../../tab/chart/path.ts';
import { linearScale, paddedDomain } from '../../../tab/chart/scale.ts';
import { thin } from '../../../tab/chart/thin.ts';
import { digitsFor, timeTicks, valueTicks } from '../../../tab/chart/ticks.ts';
import { checkOf, promoted, rolledBack } from '../../tab/reports.ts';

describe('ticks of a chart', () => {
  it('are round numbers within the range', () => {
    assert.deepEqual(valueTicks([98.7, 100], 4), [99, 99.5, 100]);
    assert.deepEqual(valueTicks([0, 0.3], 3), [0, 0.1, 0.2, 0.3]);
    assert.deepEqual(valueTicks([180, 530], 4), [200, 300, 400, 500]);
    assert.deepEqual(timeTicks([0, 185_000], 4), [0, 60_000, 120_000, 180_000]);
  });

  it('are few, in order and inside, whatever the range', () => {
    const from = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const length = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(from, length, fc.integer({ min: 1, max: 8 }), (start, long, count) => {
        const end = start + long;
        fc.pre(end - start > Math.abs(start) * 1e-9);
        const ticks = valueTicks([start, end], count);
        const slack = long * 1e-6 + Math.abs(start) * 1e-11;
        assert.ok(ticks.length <= count + 1);
        assert.ok(ticks.every(tick => tick >= start - slack && tick <= end + slack));
        assert.deepEqual(
          ticks,
          [...new Set(ticks)].toSorted((a, b) => a - b),
        );
      }),
    );
  });

  it('have as many digits as tell them apart', () => {
    const pairs = [
      [99, 99.5],
      [200, 300],
      [0.01, 0.02],
    ];
    assert.deepEqual(pairs.map(digitsFor), [1, 0, 2]);
  });
});

describe('scales of a chart', () => {
  it('put the ends of one range on those of the other, also upside down', () => {
    const scale = linearScale([0, 10], [100, 0]);
    assert.deepEqual([0, 5, 10].map(scale), [100, 50, 0]);
    assert.equal(linearScale([5, 5], [0, 100])(5), 50);
  });

  it('leave air around the values, but show no share above 100 %', () => {
    assert.deepEqual(paddedDomain([99, 100], [0, 100]), [98.88, 100]);
    const [from, to] = paddedDomain([7, 7]);
    assert.ok(from < 7 && to > 7);
    assert.deepEqual(paddedDomain([Number.NaN]), [0, 1]);
  });
});

describe('lines of a chart', () => {
  it('have a gap where nothing is known', () => {
    const at = (x: number) => ({ x, y: 1 });
    assert.equal(linePath([at(0), at(1), undefined, at(3), at(4)]), 'M0 1L1 1M3 1L4 1');
  });

  it('keep their height until the next point where they are limits', () => {
    const limits = [
      { x: 0, y: 1 },
      { x: 5, y: 2 },
    ];
    assert.equal(stepPath(limits, 9), 'M0 1H5L5 2H9');
  });
});

describe('thinning a chart', () => {
  it('keeps the first, the last, peaks, and what has failed', () => {
    const peaks = new Map([
      [333, 99],
      [334, -5],
    ]);
    const all = Array.from({ length: 1_000 }, (_, index) => ({
      index,
      value: peaks.get(index) ?? Math.sin(index),
    }));
    const kept = thin(
      all,
      100,
      ({ value }) => value,
      ({ index }) => index === 500,
    ).map(({ index }) => index);
    for (const index of [0, 333, 334, 500, 999]) assert.ok(kept.includes(index), String(index));
    assert.ok(kept.length <= 110, String(kept.length));
    assert.deepEqual(
      kept,
      kept.toSorted((a, b) => a - b),
    );
  });
});

describe('the layout of a chart', () => {
  const size = [560, 176] as const;

  it('has all of it inside the picture, and one position a measurement', () => {
    const report = promoted();
    for (const check of report.checks) {
      const { plot, markers, positions, weight } = layOut(check, report.steps, chartSpan(report), size);
      assert.equal(positions.length, check.points.length);
      assert.deepEqual(
        weight.map(bar => bar.weight),
        [5, 25, 50],
      );
      assert.ok(markers.length > 0);
      for (const { x, y } of markers) {
        assert.ok(x >= plot.left - 1 && x <= plot.right + 1, `x ${x}`);
        assert.ok(y >= plot.top - 1 && y <= plot.bottom + 1, `y ${y}`);
      }
    }
  });

  it('draws 500 measurements with few points, and shows each one that failed', () => {
    const check = checkOf('success-rate', '%', 99, 500, index => (index % 50 === 7 ? 90 : 99.9));
    const report = promoted({ checks: [check] });
    const { canary, markers } = layOut(check, report.steps, chartSpan(report), size);
    assert.ok(canary.split(/[ML]/).length < 300);
    assert.equal(markers.filter(({ verdict }) => verdict === 'fail').length, 10);
  });

  it('stands a check without measurements and a release without steps', () => {
    const check = { ...checkOf('own', '', 1, 3, () => 1), points: [] };
    const span = chartSpan(rolledBack({ steps: [], checks: [] }));
    assert.equal(layOut(check, [], span, size).canary, '');
  });
});
