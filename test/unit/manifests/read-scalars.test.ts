import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  keyOf,
  meaningOfPlain,
  meaningOfTagged,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/read-scalars.ts';

describe('The meaning of a plain scalar', () => {
  const table: readonly (readonly [string, unknown])[] = [
    ['y', true],
    ['Yes', true],
    ['ON', true],
    ['off', false],
    ['N', false],
    ['oN', 'oN'],
    ['', null],
    ['~', null],
    ['Null', null],
    ['nUll', 'nUll'],
    ['010', 8],
    ['0o17', 15],
    ['08', 8],
    ['0x1F', 31],
    ['-0b11', -3],
    ['1_000', 1000],
    ['10:30', '10:30'],
    ['2001-12-14', '2001-12-14'],
    ['1e3', 1000],
    ['12345e6', 12_345_000_000],
    ['.5', 0.5],
    ['.5_0', 0.5],
    ['._5', '._5'],
    ['-0', 0],
    ['1e400', '1e400'],
    ['0xFFFFFFFFFFFFFFFFF', '0xFFFFFFFFFFFFFFFFF'],
    ['1.2.3', '1.2.3'],
    ['500m', '500m'],
    ['-', '-'],
  ];
  for (const [text, value] of table) {
    it(`takes ${text === '' ? 'nothing' : text} for ${JSON.stringify(value)}, as kubectl does`, () => {
      assert.deepEqual(meaningOfPlain(text), { kind: 'value', value });
    });
  }

  for (const text of [
    '9007199254740993',
    '-9007199254740993',
    '0xFFFFFFFFFFFFFFFF',
    '99999999999999999999',
    '.inf',
    '.NaN',
  ]) {
    it(`refuses ${text}`, () => assert.equal(meaningOfPlain(text).kind, 'bad'));
  }

  it('keeps every integer that JavaScript holds exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), number => {
        const value = number === 0 ? 0 : number;
        assert.deepEqual(meaningOfPlain(String(number)), { kind: 'value', value });
      }),
    );
  });

  it('never changes an integer: it is exact or refused', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), number => {
        const meaning = meaningOfPlain(String(number));
        assert.ok(meaning.kind === 'bad' || BigInt(meaning.value as number) === number);
      }),
    );
  });
});

describe('The meaning of a tagged scalar', () => {
  const table: readonly (readonly [string, string, unknown])[] = [
    ['tag:yaml.org,2002:str', '010', '010'],
    ['!!int', '010', 8],
    ['!!float', '1', 1],
    ['!!bool', 'on', true],
    ['!!null', '', null],
    ['!vault', 'yes', 'yes'],
  ];
  for (const [tag, text, value] of table) {
    it(`takes ${tag} ${text} for ${JSON.stringify(value)}`, () => {
      assert.deepEqual(meaningOfTagged(tag, text), { kind: 'value', value });
    });
  }

  for (const [tag, text] of [
    ['!!int', 'x'],
    ['!!bool', '1'],
    ['!!binary', 'aGk='],
  ] as const) {
    it(`refuses ${tag} ${text}`, () => assert.equal(meaningOfTagged(tag, text).kind, 'bad'));
  }
});

describe('The key that a scalar makes', () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ['name', 'name'],
    ['on', 'true'],
    ['No', 'false'],
    ['8080', '8080'],
    ['010', '8'],
    ['0x1e', '30'],
    ['1.5', '1.5'],
    ['1.10', undefined],
    ['1e7', undefined],
    ['1234.567', undefined],
    ['~', undefined],
  ];
  for (const [text, key] of table) {
    it(key === undefined ? `refuses ${text}` : `takes ${text} for ${key}`, () => {
      const meaning = keyOf(meaningOfPlain(text), text);
      assert.equal(meaning.kind === 'value' ? meaning.value : undefined, key);
    });
  }
});
