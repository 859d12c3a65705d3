import assert from 'node:assert/strict';
import {
  exclusionOf,
  expandBraces,
  isManifestName,
  segmentsOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/find-pattern.ts';

describe('expandBraces', () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['a.yaml', ['a.yaml']],
    ['{a,b}.yaml', ['a.yaml', 'b.yaml']],
    ['{deploy/web,api}/*.y{,a}ml', ['deploy/web/*.yml', 'deploy/web/*.yaml', 'api/*.yml', 'api/*.yaml']],
    ['x{a,{b,c}d}', ['xa', 'xbd', 'xcd']],
    ['{a}', ['{a}']],
    ['a{b,c', ['a{b,c']],
    ['{a}{b,c}', ['{a}b', '{a}c']],
    ['{{a,b}}', ['{a}', '{b}']],
    ['a}b{c,d}', ['a}bc', 'a}bd']],
  ];
  for (const [text, expected] of table) {
    it(`takes ${text} for ${expected.join(' ')}`, () => assert.deepEqual(expandBraces(text), expected));
  }

  it('refuses braces that stand for too many paths', () => {
    assert.throws(() => expandBraces('{a,b}'.repeat(40)), { code: 'INPUT_INVALID' });
  });
});

describe('segmentsOf', () => {
  const kinds = (pattern: string) =>
    segmentsOf(pattern).map(segment => (segment.kind === 'name' ? segment.name : segment.kind));
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['a/b.yaml', ['a', 'b.yaml']],
    ['a/**/*.yaml', ['a', 'folders', 'wildcard']],
    ['a/**/**/b', ['a', 'folders', 'b']],
    ['apps/*/', ['apps', 'wildcard', 'folders']],
    ['a**b', ['wildcard']],
    ['', []],
  ];
  for (const [pattern, expected] of table) {
    it(`takes ${pattern || 'nothing'} apart`, () => assert.deepEqual(kinds(pattern), expected));
  }

  const names: readonly (readonly [string, string, boolean])[] = [
    ['*.yaml', 'web.yaml', true],
    ['*.yaml', 'webxyaml', false],
    ['*.yaml', '.hidden.yaml', false],
    ['.*.yaml', '.hidden.yaml', true],
    ['we?.yaml', 'web.yaml', true],
    ['we?.yaml', 'we.yaml', false],
    ['?eb', '.eb', false],
    ['w*b+(1)[a]^$|', 'web+(1)[a]^$|', true],
    ['*', 'web', true],
    ['*b*', 'web', true],
  ];
  for (const [pattern, name, matches] of names) {
    it(`${pattern} ${matches ? 'matches' : 'does not match'} ${name}`, () => {
      const [segment] = segmentsOf(pattern);
      assert.equal(segment?.kind === 'wildcard' && segment.pattern.test(name), matches);
    });
  }

  it('ignores the case of names where it is asked to', () => {
    const [segment] = segmentsOf('*.YAML', true);
    assert.ok(segment?.kind === 'wildcard' && segment.pattern.test('web.yaml'));
  });
});

describe('exclusionOf', () => {
  const table: readonly (readonly [string, string, boolean])[] = [
    ['/r/test', '/r/test', true],
    ['/r/test', '/r/test/deep/a.yaml', true],
    ['/r/test/', '/r/test/a.yaml', true],
    ['/r/test', '/r/test2/a.yaml', false],
    ['/r/**/*.json', '/r/a.json', true],
    ['/r/**/*.json', '/r/b/c/.a.json', true],
    ['/r/*.json', '/r/b/a.json', false],
    ['/r/**/test', '/r/a/test/b/c.yaml', true],
    ['/r/a/**', '/r/a/b', true],
    ['/r/a/**', '/r/a', false],
  ];
  for (const [pattern, path, excluded] of table) {
    it(`${pattern} ${excluded ? 'excludes' : 'leaves'} ${path}`, () => {
      assert.equal(exclusionOf(pattern).test(path), excluded);
    });
  }
});

describe('isManifestName', () => {
  it('knows manifests by .yaml, .yml and .json', () => {
    assert.deepEqual(['a.yaml', 'a.YML', 'a.json', 'a.txt', 'yaml', 'a.yaml.bak'].filter(isManifestName), [
      'a.yaml',
      'a.YML',
      'a.json',
    ]);
  });
});
