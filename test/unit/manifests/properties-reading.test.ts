import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { readManifests } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/read-manifests.ts';

/** Texts that a reader may take for something else, beside any. */
const texts = fc.oneof(
  fc.constantFrom(
    'yes',
    'n',
    '010',
    '0x1F',
    '1e3',
    '12345e6',
    '1_000',
    '10:30',
    '2026-11-21',
    '~',
    'null',
    '',
  ),
  fc.constantFrom(
    '---',
    '- a',
    'a: b',
    'a #b',
    '#{x',
    '%a',
    '*a',
    '&a',
    '!a',
    '<<',
    ' a ',
    'a\n',
    'a\n---\nb\n\n',
  ),
  fc.string({ unit: fc.constantFrom(...'ab01 :#-_.,[]{}&*!|>%@\'"\\\n\té🚀'), maxLength: 12 }),
);
const keys = texts.filter(key => key !== '<<' && !key.startsWith('__'));
const { tree } = fc.letrec(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    texts,
    fc.maxSafeInteger().map(number => number + 0),
    fc.constantFrom(true, false, null, 0.5, 1e21, -1.25e-7),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(keys, tie('tree'), { maxKeys: 3 }),
  ),
}));
const objects = fc
  .dictionary(keys, tree, { maxKeys: 4 })
  .map(spec => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'odd' }, spec }))
  .map(object => JSON.parse(JSON.stringify(object)) as object);

/** The ways in which one and the same object may stand in a file. */
const forms: Readonly<Record<string, (object: object) => string>> = {
  'as JSON': object => JSON.stringify(object, undefined, 2),
  'as YAML in double quotes': object =>
    stringify(object, { defaultStringType: 'QUOTE_DOUBLE', lineWidth: 0 }),
  'as YAML 1.1, each text as it needs': object =>
    stringify(object, { version: '1.1', blockQuote: 'literal' }),
  'with Windows line ends': object =>
    stringify(object, { defaultStringType: 'QUOTE_DOUBLE' }).replaceAll('\n', '\r\n'),
  'behind a byte order mark and a comment': object => `\uFEFF# odd\n---\n${JSON.stringify(object)}\n...\n`,
  'in a List in a List': object => {
    const list = (item: object) => ({ apiVersion: 'v1', kind: 'List', items: [item] });
    return stringify(list(list(object)), { defaultStringType: 'QUOTE_DOUBLE' });
  },
};

describe('An object that nobody understands', () => {
  for (const [form, write] of Object.entries(forms)) {
    it(`is read as it was written ${form}`, () => {
      fc.assert(
        fc.property(objects, object => {
          const { documents } = readManifests([{ path: 'odd.yaml', text: write(object) }]);
          assert.deepEqual(
            documents.map(document => document.object),
            [object],
          );
        }),
        { seed: 9, numRuns: 200 },
      );
    });
  }
});
