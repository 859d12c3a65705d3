import assert from 'node:assert/strict';
import { canonicalQuantity } from '../../../sandbox/api-server/quantity.ts';

// The answers of a real kube-apiserver.
const rows: [written: string | number, stored: string | undefined][] = [
  [1, '1'],
  [0.5, '500m'],
  ['1000m', '1'],
  ['0.5Gi', '512Mi'],
  ['1024Mi', '1Gi'],
  ['1000M', '1G'],
  ['1000000', '1M'],
  ['100m', '100m'],
  ['128Mi', '128Mi'],
  ['1.5Gi', '1536Mi'],
  ['1e9', '1e9'],
  ['0', '0'],
  ['lots', undefined],
  ['', undefined],
];

describe('quantities in the sandbox', () => {
  for (const [written, stored] of rows) {
    it(`stores ${JSON.stringify(written)} as ${stored ?? 'nothing: it is none'}`, () => {
      assert.equal(canonicalQuantity(written), stored);
    });
  }
});
