import assert from 'node:assert/strict';
import {
  group,
  section,
  text,
  warning,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/line.ts';
import { widestLine, wrapped } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/wrap.ts';

const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(' ');

describe('a line that is too long', () => {
  it('goes on under what it tells, between words, and loses none', () => {
    const lines = wrapped(text(`  waiting  ${words(40)}`)).map(line => line.text);
    assert.ok(lines.length > 2);
    assert.ok(lines.every(line => line.length <= widestLine));
    assert.ok(lines.slice(1).every(line => /^ {11}word/.test(line)));
    assert.equal(lines.map(line => line.trim()).join(' '), `waiting  ${words(40)}`);
  });

  it('keeps its mark on its first line only', () => {
    for (const mark of [section, group]) {
      const kinds = wrapped(mark(words(30))).map(({ kind }) => kind);
      assert.deepEqual(kinds, [mark('').kind, 'text']);
    }
  });

  it('is never broken before a unit, nor within a word that has no room at all', () => {
    const url = `http://prometheus.test/${'x'.repeat(200)}`;
    const lines = wrapped(text(`${'1 % '.repeat(40)}${url} end`)).map(line => line.text);
    assert.ok(lines.every(line => !/^ *%/.test(line)));
    assert.ok(lines.includes(`${' '.repeat(11)}${url}`), lines.join('\n'));
  });

  it('is left whole where it is a warning, which the page of the run shows by itself', () => {
    assert.equal(wrapped(warning(words(100))).length, 1);
  });

  it('is cut before it fills the page', () => {
    assert.ok(wrapped(text(words(10_000))).length < 25);
  });
});
