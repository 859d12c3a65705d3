import assert from 'node:assert/strict';
import { renderQuery } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/own-check-query.ts';
import { unknownPlaceholders } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/placeholders.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';

const names = { canary: 'web.v1-canary', stable: 'web.v1', namespace: 'shop', service: 'web-canary' };
const render = (template: string, window = Duration.seconds(90)) => renderQuery(template, names, window);

describe('the query of an own check', () => {
  it('gets the names and the window put in, with or without blanks', () => {
    assert.equal(
      render('rate(x{a="{{canary}}",b=\'{{ stable }}\',c="{{namespace}}/{{service}}"}[{{window}}])'),
      'rate(x{a="web.v1-canary",b=\'web.v1\',c="shop/web-canary"}[90s])',
    );
  });

  it('means the name itself within a regular expression, and only there', () => {
    assert.equal(
      render('x{a=~"{{canary}}-.*",b!~ \'a|{{canary}}\',c=~`{{canary}}`,d="{{canary}}"}'),
      'x{a=~"web[.]v1-canary-.*",b!~ \'a|web[.]v1-canary\',c=~`web[.]v1-canary`,d="web.v1-canary"}',
    );
    assert.equal(render('x{a=~"y\\"{{stable}}",b="{{stable}}"}'), 'x{a=~"y\\"web[.]v1",b="web.v1"}');
  });

  it('has a window of whole seconds, at least one', () => {
    const window = (ms: number) => render('{{window}}', Duration.milliseconds(ms));
    assert.deepEqual([0, 999, 1999, 600_000].map(window), ['1s', '1s', '1s', '600s']);
  });

  for (const evil of ['web"} or vector(0) #', 'a\\', "a'", 'a`', 'a b', 'a\nb', '', '{{window}}', 'a{b}']) {
    it(`can't be changed by a name like ${JSON.stringify(evil)}`, () => {
      assert.throws(() => renderQuery('x{a="{{canary}}"}', { ...names, canary: evil }, Duration.zero), {
        code: 'INPUT_INVALID',
      });
    });
  }

  it('knows the placeholders that nobody knows', () => {
    assert.deepEqual(unknownPlaceholders('{{canary}} {{ cannary }} {{}}', ['canary']), [
      '{{ cannary }}',
      '{{}}',
    ]);
  });
});
