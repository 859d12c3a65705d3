import assert from 'node:assert/strict';
import { applyJsonPatch } from '../../../sandbox/api-server/json-patch.ts';
import type { ApiError } from '../../../sandbox/api-server/status.ts';

const document = { spec: { weight: 5, list: ['a', 'c'] }, metadata: { labels: { 'a/b': 'c' } } };

describe('JSON Patch in the sandbox', () => {
  const fitting: [name: string, patch: object[], expected: (before: typeof document) => unknown][] = [
    [
      'replaces what is there',
      [{ op: 'replace', path: '/spec/weight', value: 6 }],
      before => ({ ...before, spec: { ...before.spec, weight: 6 } }),
    ],
    [
      'adds what it is to replace and is not there, as the real server',
      [{ op: 'replace', path: '/spec/other', value: 1 }],
      before => ({ ...before, spec: { ...before.spec, other: 1 } }),
    ],
    [
      'adds into a list before a position and at its end',
      [
        { op: 'add', path: '/spec/list/1', value: 'b' },
        { op: 'add', path: '/spec/list/-', value: 'd' },
      ],
      before => ({ ...before, spec: { ...before.spec, list: ['a', 'b', 'c', 'd'] } }),
    ],
    [
      'reads ~1 as a slash',
      [
        { op: 'test', path: '/metadata/labels/a~1b', value: 'c' },
        { op: 'remove', path: '/metadata/labels/a~1b' },
      ],
      before => ({ ...before, metadata: { labels: {} } }),
    ],
    [
      'compares objects whatever the order of their keys',
      [{ op: 'test', path: '/spec', value: { list: ['a', 'c'], weight: 5 } }],
      before => before,
    ],
    [
      'copies and moves',
      [
        { op: 'copy', from: '/spec/weight', path: '/copied' },
        { op: 'move', from: '/spec/list', path: '/list' },
      ],
      before => ({ metadata: before.metadata, spec: { weight: 5 }, copied: 5, list: ['a', 'c'] }),
    ],
  ];
  for (const [name, patch, expected] of fitting) {
    it(name, () => assert.deepEqual(applyJsonPatch(document, patch), expected(document)));
  }

  const rejected: [name: string, patch: object[]][] = [
    ['a test that fails', [{ op: 'test', path: '/spec/weight', value: 6 }]],
    ['a replacement below what is not there', [{ op: 'replace', path: '/other/x', value: 1 }]],
    ['a replacement beyond the end', [{ op: 'replace', path: '/spec/list/2', value: 'x' }]],
    ['a removal of what is not there', [{ op: 'remove', path: '/spec/other' }]],
    ['a way through what is not there', [{ op: 'add', path: '/other/x', value: 1 }]],
    ['an unknown operation', [{ op: 'frob', path: '/spec' }]],
    ['a position beyond the end', [{ op: 'add', path: '/spec/list/3', value: 'x' }]],
  ];
  for (const [name, patch] of rejected) {
    it(`answers ${name} with 422, as the real server`, () => {
      assert.throws(
        () => applyJsonPatch(document, patch),
        (error: ApiError) =>
          error.code === 422 && error.message.startsWith('the server rejected our request'),
      );
    });
  }

  it('leaves the document itself alone, also when a later operation fails', () => {
    const before = structuredClone(document);
    const patch = [
      { op: 'replace', path: '/spec/weight', value: 9 },
      { op: 'test', path: '/spec/weight', value: 1 },
    ];
    assert.throws(() => applyJsonPatch(document, patch));
    assert.deepEqual(document, before);
  });
});
