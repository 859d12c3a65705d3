import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { inTab } from './browser.ts';
import { promoted, rolledBack, running } from './reports.ts';

const heading = { level: 1 } as const;

describe('the tab of a build', () => {
  it('says that it looks while it looks', () => {
    let answer = () => {};
    const slow = new Promise<void>(resolve => {
      answer = resolve;
    });
    return inTab(
      {
        reports: [promoted()],
        prepare: azure => {
          azure.slow = slow;
        },
      },
      async ({ tab }) => {
        await tab.getByRole('status').filter({ hasText: 'Looking for canary releases' }).waitFor();
        answer();
        await tab.getByRole('heading', heading).filter({ hasText: 'Promoted' }).waitFor();
      },
    );
  });

  it('shows the verdict, and what somebody asks next, of a release that was taken back', () =>
    inTab({ reports: [rolledBack()] }, async ({ tab, complaints, strangers, azure, page }) => {
      await tab.getByRole('heading', heading).filter({ hasText: 'Rolled back at 5 %' }).waitFor();
      const text = (await tab.locator('main').innerText()).replace(/\s+/g, ' ');
      for (const part of [
        'At 5 %: success-rate 91.3 % (limit ≥ 99 %)',
        'Users touched 1 500 requests 130 failed, 8.67 %',
        'Canary now 0 % no request goes to the canary',
        'To look at Service sample-app-canary is still there',
        'Starting the canary, without traffic',
      ])
        assert.ok(text.includes(part), `${part} in ${text}`);
      // What was it? Its chart comes first.
      assert.equal(await tab.locator('.check h3').first().innerText(), 'success-rate');
      assert.deepEqual(complaints, []);
      assert.deepEqual(strangers, []);
      assert.ok(azure.asked.length > 0);
      assert.ok(azure.asked.every(asked => asked.endsWith('Bearer the-token')));
      assert.deepEqual(await page.evaluate('told.filter(name => name === "notifyLoadSucceeded")'), [
        'notifyLoadSucceeded',
      ]);
    }));

  for (const [users, told] of [
    [{ requests: 1500, failed: 130, atLeast: true as const }, 'Users touched at least 1 500 requests'],
    [undefined, 'Users touched not known nobody counted the requests of the canary'],
  ] as const) {
    it(`says honestly how many users were touched: ${told}`, () => {
      const { users: _, ...report } = rolledBack();
      return inTab({ reports: [{ ...report, ...(users && { users }) }] }, async ({ tab }) => {
        const facts = await tab.locator('.facts').innerText();
        assert.ok(facts.replace(/\s+/g, ' ').startsWith(told), facts);
      });
    });
  }

  it('shows each step with the share asked and seen, and what is still ahead', () =>
    inTab({ reports: [rolledBack()] }, async ({ tab }) => {
      const rows = tab.locator('.ladder tbody tr');
      await rows.first().waitFor();
      const cells = (await rows.allInnerTexts()).map(row => row.replace(/\s+/g, ' ').trim());
      assert.deepEqual(cells, [
        '1 5 % 4.9 % 12 s 1 500 130 91.3 % ≥ 99 % 130 of 1 500 failed fail',
        '2 25 % – 1 min – – – planned',
        '3 50 % – 1 min – – – planned',
      ]);
    }));

  it('follows a release that runs, every five seconds, and stops at its end', () =>
    inTab({ reports: [running()], status: 'inProgress', ownClock: true }, async ({ tab, azure, page }) => {
      await tab.getByRole('heading', heading).filter({ hasText: 'Running at 25 %' }).waitFor();
      azure.run = {
        status: 'inProgress',
        attachments: [JSON.stringify(running({ revision: 4, weight: 50 }))],
      };
      await page.clock.fastForward(5_000);
      await tab.getByRole('heading', heading).filter({ hasText: 'Running at 50 %' }).waitFor();
      azure.run = { status: 'completed', attachments: [JSON.stringify(promoted({ id: 'release-3' }))] };
      await page.clock.fastForward(5_000);
      await tab.getByRole('heading', heading).filter({ hasText: 'Promoted' }).waitFor();
      const asked = azure.asked.length;
      await page.clock.fastForward(60_000);
      await page.evaluate('new Promise(resolve => requestAnimationFrame(resolve))');
      assert.equal(azure.asked.length, asked);
    }));

  it('keeps the place of its reader when something new comes', () =>
    inTab({ reports: [running()], status: 'inProgress', ownClock: true }, async ({ tab, azure, page }) => {
      await tab.getByText('Query').first().click();
      await tab.locator('.walker').first().focus();
      azure.run = {
        status: 'inProgress',
        attachments: [JSON.stringify(running({ revision: 4, weight: 50 }))],
      };
      await page.clock.fastForward(5_000);
      await tab.getByRole('heading', heading).filter({ hasText: 'Running at 50 %' }).waitFor();
      assert.ok(await tab.locator('pre').first().isVisible());
      assert.equal(await tab.locator('.walker:focus').count(), 1);
    }));

  it('says that nothing came yet while the run lives, and shows it when it comes', () =>
    inTab({ status: 'inProgress', ownClock: true }, async ({ tab, azure, page }) => {
      await tab.getByRole('heading', heading).filter({ hasText: 'No canary release yet' }).waitFor();
      azure.run = { status: 'inProgress', attachments: [JSON.stringify(running())] };
      await page.clock.fastForward(5_000);
      await tab.getByRole('heading', heading).filter({ hasText: 'Running at 25 %' }).waitFor();
    }));

  it('says why nothing was published once the run is over', () =>
    inTab({}, async ({ tab }) => {
      await tab.getByRole('heading', heading).filter({ hasText: 'Nothing was published' }).waitFor();
      await tab.getByText('commands: restricted').waitFor();
    }));

  it('says why it could not load, and tries again when told to', () =>
    inTab(
      {
        reports: [promoted()],
        prepare: azure => {
          azure.broken = 503;
        },
      },
      async ({ tab, azure }) => {
        await tab.getByRole('alert').filter({ hasText: 'Azure DevOps answered 503' }).waitFor();
        azure.broken = undefined;
        await tab.getByRole('button', { name: 'Try again' }).click();
        await tab.getByRole('heading', heading).filter({ hasText: 'Promoted' }).waitFor();
      },
    ));

  it('keeps what it shows when a later look fails, and says so', () =>
    inTab({ reports: [running()], status: 'inProgress', ownClock: true }, async ({ tab, azure, page }) => {
      await tab.getByRole('heading', heading).waitFor();
      azure.broken = 500;
      await page.clock.fastForward(5_000);
      await tab.getByText('The last look failed: Azure DevOps answered 500').waitFor();
      assert.ok(await tab.getByRole('heading', heading).filter({ hasText: 'Running at 25 %' }).isVisible());
    }));

  it('does not say that a release runs whose run is over', () =>
    inTab({ reports: [running()] }, async ({ tab }) => {
      await tab.getByRole('heading', heading).filter({ hasText: 'Interrupted at 25 %' }).waitFor();
      await tab.getByText('of the requests may still go to the canary').waitFor();
      assert.equal(await tab.locator('.ladder').getByText('running').count(), 0);
    }));

  it('shows a report that it cannot read as it is, and says why', () =>
    inTab({ reports: [promoted()], texts: ['{"version":2}', 'no report'] }, async ({ tab }) => {
      await tab.getByText('this page reads version 1, and the report has version 2').waitFor();
      await tab.getByText('expected JSON').waitFor();
      assert.ok(await tab.getByRole('heading', heading).filter({ hasText: 'Promoted' }).isVisible());
    }));

  it('lets the reader choose between releases and attempts, the newest first', () => {
    const run = { ...promoted().run, attempt: 2 };
    const second = promoted({ id: 'second', run, startedAt: '2026-11-21T03:30:00.000Z' });
    return inTab({ reports: [rolledBack(), second] }, async ({ tab }) => {
      const choices = tab.getByRole('navigation', { name: 'Releases of this run' }).getByRole('button');
      await choices.first().waitFor();
      const texts = (await choices.allInnerTexts()).map(text => text.replace(/\s+/g, ' ').trim());
      assert.deepEqual(texts, [
        'sample-app Promoted deploy · canary · attempt 2 · 03:30:00',
        'sample-app Rolled back at 5 % deploy · canary · attempt 1 · 03:02:07',
      ]);
      await choices.nth(1).click();
      await tab.getByRole('heading', heading).filter({ hasText: 'Rolled back at 5 %' }).waitFor();
      assert.equal(await choices.nth(1).getAttribute('aria-current'), 'true');
    });
  });

  it('hands over the report as a file', () =>
    inTab({ reports: [rolledBack()] }, async ({ tab, page }) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        tab.getByRole('button', { name: 'Download it' }).click(),
      ]);
      assert.equal(download.suggestedFilename(), 'canary-report.json');
      assert.deepEqual(JSON.parse(await readFile(await download.path(), 'utf8')), rolledBack());
    }));

  it('works in the sandboxed frame of a Server, whose origin is nobody’s', () =>
    inTab({ reports: [promoted()], sandboxed: true }, async ({ tab, complaints }) => {
      await tab.getByRole('heading', heading).filter({ hasText: 'Promoted' }).waitFor();
      assert.deepEqual(complaints, []);
    }));
});

describe('the tab of a stage of a classic release', () => {
  it('shows what the stage has released, and what comes when the stage changes', () =>
    inTab({ kind: 'stage', status: 'succeeded' }, async ({ tab, azure, page }) => {
      await tab.getByRole('heading', heading).filter({ hasText: 'Nothing was published' }).waitFor();
      azure.run = { status: 'succeeded', attachments: [JSON.stringify(promoted())] };
      await page.evaluate('tellStage({ id: 2, releaseId: 7 })');
      await tab.getByRole('heading', heading).filter({ hasText: 'Promoted' }).waitFor();
    }));
});
