import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readJson } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/read-json.ts';
import { readYaml } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/read-yaml.ts';

/** JSON values that every reader can hold, without the characters that YAML takes nowhere. */
const values = fc
  .jsonValue({ depthSize: 'medium', stringUnit: 'grapheme' })
  .map(
    value => JSON.parse(JSON.stringify(value).replace(/[\u007f-\u009f\ufeff\ufffe\uffff]/g, '')) as unknown,
  )
  .filter(value => !/:\s*-?\d{16}|\[-?\d{16}|,-?\d{16}|^-?\d{16}/.test(JSON.stringify(value)));

describe('JSON', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const reading = readJson(JSON.stringify(value, undefined, indent));
        assert.equal(reading.kind, 'json');
        const [document] = reading.kind === 'json' ? reading.documents : [];
        assert.deepEqual(document?.kind === 'value' ? document.value : document, value);
      }),
    );
  });

  it('is read the same as YAML', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const [document] = readYaml(JSON.stringify(value, undefined, indent));
        assert.deepEqual(document?.kind === 'value' ? document.value : document, value);
      }),
    );
  });

  const table = [
    ['{"a": 1,}', 'a key in double quotes is missing'],
    ['{"a" 1}', 'a colon is missing behind "a"'],
    ['[1 2]', 'a comma or ] is missing'],
    ['{"a": b}', 'a value is missing'],
    ['{"a": 01}', 'a comma or } is missing'],
    ['{"a": "b', 'a string has no end'],
    ['{"a": "\\x"}', 'a string has a bad escape or a control character'],
    ['{"a": "\\"}', 'a string has no end'],
    ['{} nonsense', 'a value is missing'],
  ] as const;
  for (const [text, reason] of table) {
    it(`is not ${text}`, () => {
      const reading = readJson(text);
      assert.equal(reading.kind === 'not-json' && reading.problem.reason, `not valid JSON: ${reason}`);
    });
  }
});
