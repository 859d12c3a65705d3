import assert from 'node:assert/strict';
import type { Report } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';
import { inTab } from './browser.ts';
import { promoted, rolledBack } from './reports.ts';

/** What would run, load or break out if it were taken for markup, a script or an address. */
const hostile = [
  '"><img src=https://evil.example.com/x onerror=self.pwned=1>',
  '</script><script>self.pwned=1</script>',
  "'-alert(1)-'",
  '<svg/onload=self.pwned=1>',
  '\u202eesrever\u0000 {{constructor.constructor("self.pwned=1")()}}',
].join(' ');

/** The report with all of its texts made hostile, but for those that must be a time or one of some words. */
function withHostileTexts(report: Report): unknown {
  const kept = new Set([
    'startedAt',
    'updatedAt',
    'endedAt',
    'at',
    'state',
    'outcome',
    'result',
    'kind',
    'unit',
  ]);
  const change = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map(item => change(item, key));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, change(item, name)]));
    if (typeof value !== 'string' || kept.has(key)) return value;
    if (key === 'verdict' && /^(pass|fail|planned)$/.test(value)) return value;
    return key === 'url' ? 'javascript:self.pwned=1' : `${key} ${hostile}`;
  };
  return change(report);
}

describe('the tab and text from outside', () => {
  for (const [name, report] of Object.entries({ promoted: promoted(), 'rolled back': rolledBack() })) {
    it(`shows hostile text in every field of a release that was ${name} as text`, () => {
      const texts = [JSON.stringify(withHostileTexts(report)), JSON.stringify({ ...promoted(), id: 'good' })];
      return inTab({ texts }, async ({ tab, frame, complaints, strangers }) => {
        await tab.locator('.releases button').first().waitFor();
        // The one with the hostile name, then all that is folded.
        await tab.locator('.releases button').filter({ hasText: 'onerror' }).click();
        await tab.locator('h1').waitFor();
        await frame().evaluate("document.querySelectorAll('details').forEach(box => { box.open = true; })");
        await tab.locator('.measurements tbody').first().waitFor();
        const text = await tab.locator('main').innerText();
        for (const key of [
          'verdict',
          'name',
          'targets',
          'title',
          'images',
          'check',
          'text',
          'query',
          'version',
        ])
          assert.ok(text.includes(`${key} ${hostile.slice(0, 20)}`), `the ${key} is shown`);
        assert.ok(text.includes('<svg/onload=self.pwned=1>'), 'as it is');
        assert.equal(await tab.locator('main :is(img, script, iframe, object, link, style)').count(), 0);
        assert.equal(await tab.locator('main svg :is(image, script, foreignObject, use, a)').count(), 0);
        const addresses = await Promise.all((await tab.locator('a').all()).map(a => a.getAttribute('href')));
        assert.ok(
          addresses.every(address => address?.startsWith('https://')),
          String(addresses),
        );
        assert.equal(await frame().evaluate('self.pwned'), undefined);
        assert.deepEqual(complaints, []);
        assert.deepEqual(strangers, []);
      });
    });
  }

  it('shows hostile attachments that are no report as text', () =>
    inTab(
      { texts: [hostile, `{"version":1,"id":7,"x":${JSON.stringify(hostile)}}`] },
      async ({ tab, frame, complaints }) => {
        await tab.getByText('Its text').first().waitFor();
        for (const summary of await tab.getByText('Its text').all()) await summary.click();
        assert.ok((await tab.locator('pre').first().innerText()).includes('<svg/onload'));
        assert.equal(await frame().evaluate('self.pwned'), undefined);
        assert.deepEqual(complaints, []);
      },
    ));

  it('would not run a script that got in all the same: the policy of the page forbids it', () =>
    inTab({ reports: [promoted()] }, async ({ tab, frame, complaints }) => {
      await tab.locator('h1').waitFor();
      for (const attempt of [
        "document.body.innerHTML = '<img src=x onerror=self.pwned=1>'",
        "document.createElement('script').textContent = 'self.pwned=1'",
        "document.createElement('script').src = 'https://evil.example.com/x.js'",
      ])
        await assert.rejects(frame().evaluate(attempt), /TrustedHTML|TrustedScript/, attempt);
      await frame()
        .evaluate("document.body.setAttribute('onclick', 'self.pwned=1'); document.body.click()")
        .catch(() => {});
      assert.equal(await frame().evaluate('self.pwned'), undefined);
      assert.ok(complaints.length > 0, 'and the browser says so');
    }));
});
