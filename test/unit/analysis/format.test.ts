import assert from 'node:assert/strict';
import {
  decimalsOf,
  formatCount,
  formatMilliseconds,
  formatPercent,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/format.ts';

describe('Numbers in the log', () => {
  const rows: [text: string, expected: string][] = [
    [formatCount(0), '0'],
    [formatCount(999), '999'],
    [formatCount(1204), '1 204'],
    [formatCount(12_345_678), '12 345 678'],
    [formatPercent(99.83), '99.83 %'],
    [formatPercent(98), '98.00 %'],
    [formatPercent(100), '100 %'],
    [formatPercent(0), '0 %'],
    [formatPercent(99.996), '99.99 %'],
    [formatPercent(99.999_999_999), '99.99 %'],
    [formatPercent(98.999), '98.99 %'],
    [formatPercent(100 * (1 - 17 / 10_000)), '99.83 %'],
    [formatPercent(100 * (1 - 34 / 100)), '66.00 %'],
    [formatPercent(99.9975, 3), '99.997 %'],
    [formatMilliseconds(0.4249), '0.42 ms'],
    [formatMilliseconds(0.5), '0.5 ms'],
    [formatMilliseconds(7.25), '7.3 ms'],
    [formatMilliseconds(9.99), '10 ms'],
    [formatMilliseconds(212.4), '212 ms'],
    [formatMilliseconds(1204), '1 204 ms'],
    [String(decimalsOf(99)), '0'],
    [String(decimalsOf(99.95)), '2'],
    [String(decimalsOf(99.9995)), '4'],
  ];
  for (const [text, expected] of rows) it(`writes ${expected}`, () => assert.equal(text, expected));
});
