import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  bucketEdges,
  edgeFor,
  estimateQuantile,
  slowerThan,
  totalOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/response-times.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';

describe('edgeFor', () => {
  const rows: [limit: number, edge: number][] = [
    [1, 1],
    [2, 5],
    [250, 250],
    [251, 500],
    [499, 500],
    [500, 500],
    [600_001, 1_800_000],
    [3_600_000, 3_600_000],
    [9_000_000, 3_600_000],
  ];
  for (const [limit, edge] of rows) {
    it(`judges ${limit} ms at ${edge} ms`, () => assert.equal(edgeFor(Duration.milliseconds(limit)), edge));
  }
});

describe('estimateQuantile', () => {
  const counts = fc.array(fc.nat(100), {
    minLength: bucketEdges.length + 1,
    maxLength: bucketEdges.length + 1,
  });
  const histograms = counts.map(within => {
    let count = 0;
    return [...bucketEdges, Number.POSITIVE_INFINITY].map((edge, i) => {
      count += within[i] ?? 0;
      return { edge, count };
    });
  });

  it('agrees with the exact counts about the side of each edge that it is on', () => {
    fc.assert(
      fc.property(histograms, fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999), (buckets, quantile) => {
        fc.pre(totalOf(buckets) > 0);
        const estimate = estimateQuantile(quantile, buckets);
        for (const edge of bucketEdges) {
          const slower = slowerThan(edge, buckets) ?? Number.NaN;
          const within = totalOf(buckets) - slower >= quantile * totalOf(buckets);
          assert.equal(estimate <= edge, within, `p${quantile} ${estimate} at ${edge}`);
        }
      }),
    );
  });
});
