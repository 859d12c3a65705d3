import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  neutralise,
  neutraliseForScripts,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/neutralise.ts';

describe('text from outside', () => {
  for (const [what, text, line] of [
    ['a command', '##vso[task.complete result=Succeeded;]', '# #vso[task.complete result=Succeeded;]'],
    ['a command in the midst of a line', 'pod ##VSO[x.y]z', 'pod # #VSO[x.y]z'],
    ['a command without its bracket, for which the agent would warn', '##vso x', '# #vso x'],
    ['a formatting mark', '##[error]no', '# #[error]no'],
    ['a mark with more hashes', '####[error]', '### #[error]'],
    ['a command on the next line', 'ok\n##vso[a.b]\r\nend', 'ok # #vso[a.b] end'],
    ['a command hidden by colours', '#\u001b[31m#v\u001b[0mso[a.b]', '# #vso[a.b]'],
    ['a command hidden by what nobody sees', '#\u200b#v\u00adso\u0000[a.b]\u202e', '# #vso[a.b]'],
    ['line breaks of Unicode', 'a\u2028b\u0085c\vd', 'a b c d'],
    ['a title for the terminal', '\u001b]0;title\u0007text', 'text'],
    ['half a character', 'a\ud800b', 'ab'],
    [
      'ordinary text',
      '  10 %  ≥ 99  (1 204 requests) – été 😀 # ## #1',
      '  10 %  ≥ 99  (1 204 requests) – été 😀 # ## #1',
    ],
  ] as const) {
    it(`is one harmless line: ${what}`, () => assert.equal(neutralise(text), line));
  }

  it('is cut at its limit, and never within a character', () => {
    assert.equal(neutralise('abcdef', 4), 'abc…');
    assert.equal(neutralise('😀😀😀', 2), '😀…');
    assert.ok(neutralise('x'.repeat(10_000_000)).length <= 2_000);
  });

  it('never holds a command, whatever it is made of', () => {
    const pieces = fc.constantFrom(
      '#',
      '##',
      'v',
      'vso',
      'so',
      '[',
      ']',
      '\u001b[0m',
      '\u200b',
      '\u0000',
      '\n',
      ' ',
      '\u001b',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 24 }), parts => {
        const line = neutralise(parts.join(''));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not be there
        assert.doesNotMatch(line, /##vso|##\[|[\u0000-\u001f\u007f-\u009f]/i);
        assert.equal(neutralise(line), line);
      }),
      { numRuns: 2_000 },
    );
  });

  it('means nothing to a shell within double quotes', () => {
    assert.equal(neutraliseForScripts('a "b" `id` $(id) \\ ##vso[x]'), "a 'b' 'id' (id) / # #vso[x]");
  });
});
