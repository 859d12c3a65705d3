import assert from 'node:assert/strict';
import { paintFor } from '../../../sandbox/show-log.ts';
import { usersSaw } from '../../../sandbox/show-users.ts';

describe('showing what users saw', () => {
  it('counts by version and in all', () => {
    const books = new Map([
      ['1.0.0', { requests: 11_900, failed: 0 }],
      ['1.1.0', { requests: 100, failed: 30 }],
    ]);
    assert.deepEqual(usersSaw(books, paintFor({})), [
      'Users sent 12 000 requests; 30 of them failed (0.25 %).',
      'By version — 1.0.0: 11 900, 0 failed; 1.1.0: 100, 30 failed',
    ]);
  });

  it('says that there were none', () => {
    assert.deepEqual(usersSaw(new Map(), paintFor({})), [
      'Users sent 0 requests; 0 of them failed (0.00 %).',
    ]);
  });
});
