import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isSameJson } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/same-json.ts';

/** The same value with the fields of each object in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([field, item]) => [field, turned(item)]),
  );
}

describe('two JSON values', () => {
  it('are the same whatever the order of their fields', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), value => isSameJson(value, turned(value))),
    );
  });

  it('are the same where a field is absent and where it is undefined', () => {
    assert.equal(isSameJson({ a: 1, b: undefined }, { a: 1 }), true);
  });

  const different: [a: unknown, b: unknown][] = [
    [1, '1'],
    [0, null],
    [null, undefined],
    [{}, null],
    [null, {}],
    [{}, []],
    [[], {}],
    [{ length: 0 }, []],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 1]],
    [[1, 1], [1]],
    [{ a: null }, {}],
    [{ a: { b: 1 } }, { a: { b: 2 } }],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    ['a', { 0: 'a' }],
  ];
  for (const [a, b] of different) {
    it(`differ: ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => assert.equal(isSameJson(a, b), false));
  }
});
