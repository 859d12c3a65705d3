import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { errorCodes } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';

describe('docs/troubleshooting.md', () => {
  it('has an entry for every error code, in the order of the code, and none besides', () => {
    const page = readFileSync('docs/troubleshooting.md', 'utf8');
    const entries = [...page.matchAll(/^## ([A-Z_]+)$/gm)].map(([, code]) => code);
    assert.deepEqual(entries, [...errorCodes]);
  });
});
