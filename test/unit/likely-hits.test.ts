import assert from 'node:assert/strict';
import { likelyHits } from '../cluster/likely-hits.ts';

describe('how many hits are likely', () => {
  const rows: [total: number, probability: number, least: number, most: number][] = [
    [100, 0, 0, 0],
    [100, 1, 100, 100],
    [150, 0.01, 0, 11],
    [300, 0.5, 105, 195],
  ];
  for (const [total, probability, least, most] of rows) {
    it(`is ${least} to ${most} of ${total} at ${100 * probability} %`, () => {
      assert.deepEqual(likelyHits(total, probability), { least, most });
    });
  }
});
