import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Frame } from 'playwright-core';
import type { Report } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';
import { inTab, type WorldOptions } from './browser.ts';
import { checkOf, promoted, rolledBack, running } from './reports.ts';
import { dark, light } from './themes.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong with the tab, as `rule: elements`. */
async function violations(frame: Frame): Promise<readonly string[]> {
  // By the debugger, which the policy of the page does not bind.
  await frame.evaluate(axe);
  return frame.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(node => node.target + ' ' + node.any.map(one => one.message)).join('; ')))`);
}

const states: Readonly<Record<string, WorldOptions & { readonly ready: string }>> = {
  promoted: { reports: [promoted()], ready: 'Promoted' },
  'rolled back, beside another': { reports: [rolledBack(), promoted()], ready: 'Rolled back at 5 %' },
  running: { reports: [running()], status: 'inProgress', ready: 'Running at 25 %' },
  interrupted: { reports: [running()], ready: 'Interrupted at 25 %' },
  'nothing published': { ready: 'Nothing was published' },
  'nothing yet': { status: 'inProgress', ready: 'No canary release yet' },
  'failed to load': {
    ready: 'The reports could not be loaded',
    prepare: azure => {
      azure.broken = 500;
    },
  },
  unreadable: { texts: ['{"version":2}'], ready: 'A report that this page cannot read' },
};

/** A release whose table of steps is wider than paper, unless its cells wrap. */
function manyChecks(): Report {
  const checks = ['frontend', 'backend-for-frontend', 'worker', 'basket', 'search'].map(
    name => `success-rate ${name}`,
  );
  const answers = checks.map(check => ({
    check,
    verdict: 'pass' as const,
    text: '99.83 %',
    limit: '≥ 99 %',
  }));
  const startedAt = '2026-11-21T09:00:00.000Z';
  return promoted({ startedAt, steps: promoted().steps.map(step => ({ ...step, answers })) });
}

describe('every reader of the tab', () => {
  for (const [name, { ready, ...options }] of Object.entries(states)) {
    it(`can read it when it shows: ${name}, light and dark`, () =>
      inTab({ ...options, theme: light }, async ({ tab, frame, page }) => {
        await tab.getByRole('heading').filter({ hasText: ready }).waitFor();
        assert.deepEqual(await violations(frame()), [], 'light');
        const ground = () => frame().evaluate('getComputedStyle(document.body).backgroundColor');
        assert.equal(await ground(), 'rgb(255, 255, 255)');
        await page.evaluate(`tellTheme(${JSON.stringify(dark)})`);
        await tab.locator('[data-theme=dark]').waitFor();
        assert.equal(await ground(), 'rgb(32, 31, 30)');
        assert.deepEqual(await violations(frame()), [], 'dark');
      }));
  }

  it('gets the measurements of a chart by the arrow keys, and as a table', () =>
    inTab({ reports: [promoted()] }, async ({ tab, page }) => {
      const walker = tab.getByRole('slider', { name: 'success-rate: 30 measurements' });
      await walker.waitFor();
      await walker.focus();
      const said = () => walker.getAttribute('aria-valuetext');
      await page.keyboard.press('Home');
      assert.equal(await said(), '00:04 · at 5 % · 99.6 % · 40 requests · pass');
      await page.keyboard.press('ArrowRight');
      assert.equal(await said(), '00:10 · at 5 % · 99.85 % · 80 requests · pass');
      await page.keyboard.press('End');
      assert.equal(await walker.getAttribute('aria-valuenow'), '30');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      const table = tab.getByRole('region', { name: 'success-rate, all measurements' });
      // A table is made when it is opened.
      await table.getByRole('row').last().waitFor();
      assert.equal(await table.getByRole('row').count(), 31);
    }));

  it('reaches everything that can be used by the Tab key, in the order of the page', () =>
    inTab({ reports: [rolledBack(), promoted()] }, async ({ tab, page }) => {
      await tab.locator('h1').waitFor();
      const order: string[] = [];
      const focused = tab.locator(':focus');
      for (let presses = 0; presses < 30; presses++) {
        await page.keyboard.press('Tab');
        if ((await focused.count()) === 0) break;
        const name = (await focused.getAttribute('aria-label')) ?? (await focused.innerText()).split('\n')[0];
        order.push(String(name));
      }
      const rest = order.slice(order.indexOf('sample-app'));
      assert.deepEqual(rest, [
        'sample-app',
        'sample-app',
        'Shop 20261121.3, stage deploy',
        'The log of this job',
        'Table of steps',
        'success-rate: 4 measurements',
        '4 measurements as a table',
        'Query',
        'latency: 4 measurements',
        '4 measurements as a table',
        'Query',
        '4 entries',
        'Download it',
      ]);
    }));

  it('hears what has changed', () =>
    inTab({ reports: [running()], status: 'inProgress', ownClock: true }, async ({ tab, azure, page }) => {
      const status = tab.locator('[aria-live]');
      await status
        .filter({ hasText: 'sample-app: Running at 25 %. At 25 %, step 2 of 3' })
        .waitFor({ state: 'attached' });
      azure.run = { status: 'completed', attachments: [JSON.stringify(promoted({ id: 'release-3' }))] };
      await page.clock.fastForward(5_000);
      await status
        .filter({ hasText: 'sample-app: Promoted. sample-app passed 50 %' })
        .waitFor({ state: 'attached' });
    }));

  it('gets 500 measurements of a check, and ten checks', () => {
    const checks = Array.from({ length: 10 }, (_, index) =>
      checkOf(`check ${index}`, '%', 99, 500, at => 99.5 + 0.4 * Math.sin(at / 9)),
    );
    return inTab({ reports: [promoted({ checks })] }, async ({ tab }) => {
      await tab.locator('.check').nth(9).waitFor();
      assert.equal(await tab.locator('.chart').count(), 10);
      assert.ok((await tab.locator('.chart').first().locator('*').count()) < 150);
      await tab.getByText('500 measurements as a table').first().click();
      const rows = tab.locator('.measurements').first().getByRole('row');
      await rows.last().waitFor();
      assert.equal(await rows.count(), 501);
    });
  });

  it('is not made to scroll sideways, on a small screen neither', () =>
    inTab({ reports: [rolledBack(), promoted()] }, async ({ tab, frame, page }) => {
      await tab.locator('.chart').first().waitFor();
      for (const width of [360, 800, 1240, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        // The page around it gets its width at once, the frame a moment later.
        await frame().waitForFunction(`innerWidth <= ${width} && innerWidth > ${width} - 100`);
        const wide = await frame().evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(Number(wide) <= 0, `${wide} px more than ${width}`);
      }
    }));

  it('gets on paper what stands on the screen, dark on white, without what can only be pressed', () =>
    inTab({ reports: [rolledBack(), manyChecks()], theme: dark }, async ({ tab, frame, page }) => {
      await tab.locator('.chart').first().waitFor();
      await page.emulateMedia({ media: 'print' });
      assert.deepEqual(
        await frame().evaluate('[getComputedStyle(document.body)].map(it => [it.color, it.backgroundColor])'),
        [['rgb(0, 0, 0)', 'rgb(255, 255, 255)']],
      );
      assert.deepEqual(await violations(frame()), []);
      await page.setViewportSize({ width: 720, height: 1000 });
      const table = "document.querySelector('.ladder')";
      const cut = await frame().evaluate(
        `${table}.getBoundingClientRect().right - document.body.clientWidth`,
      );
      assert.ok(Number(cut) <= 0, `${cut} px of the steps are off the paper`);
      assert.equal(await tab.locator('h1').isVisible(), true);
      assert.equal(await tab.locator('.chart').first().isVisible(), true);
      assert.equal(await tab.getByRole('button', { name: 'Download it' }).isVisible(), false);
      assert.equal(await tab.locator('.releases').isVisible(), false);
    }));
});
