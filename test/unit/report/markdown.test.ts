import assert from 'node:assert/strict';
import {
  code,
  fenced,
  prose,
  table,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/markdown.ts';

describe('text from outside in Markdown', () => {
  it('is no markup, link, mention or HTML as prose', () => {
    assert.equal(
      prose('a *b* _c_ [d](e) <img src=x> `f` #1 !2 @g | \\ &lt; ~~h~~'),
      String.raw`a \*b\* \_c\_ \[d\](e) \<img src=x\> \`f\` \#1 \!2 \@g \| \\ \&lt; \~\~h\~\~`,
    );
    assert.equal(
      prose('see http://evil.example and www.evil.example'),
      String.raw`see http\://evil.example and www\.evil.example`,
    );
  });

  it('stays on its line', () => {
    assert.equal(prose('a\n# b\r\n\u2028- c '), String.raw`a \# b - c`);
    assert.equal(code('a\n\n```\nb'), "`a ''' b`");
  });

  it('does not leave its cell of a table', () => {
    assert.equal(
      table(['a', 'b'], [[prose('x|y'), code('x|y')]]),
      ['| a | b |', '| --- | --- |', String.raw`| x\|y | \`x\|y\` |`.replaceAll('\\`', '`')].join('\n'),
    );
  });

  it('does not end its fence, and keeps its indentation and its lines', () => {
    const text = fenced('diff', ['- ````', '  <b>\n```', '+   x']);
    assert.equal(text, ['`````diff', '- ````', '  <b> ```', '+   x', '`````'].join('\n'));
    assert.match(fenced('', ['a']), /^```\na\n```$/);
  });
});
