import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { staging } from '../../scripts/layout.ts';
import { pageWith, reportsIn, tabFile } from '../../scripts/tab-page.ts';
import { inPage } from './browser.ts';
import { promoted, rolledBack } from './reports.ts';

describe('the tab as a file of its own, as the demo writes it', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    it(`shows the reports in it without any server, for a reader whose system is ${colorScheme}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tab-'));
      try {
        const end = '</script><script>self.pwned=1</script>';
        const reports = [promoted({ verdict: `Promoted: ${end}` }), rolledBack()];
        const path = join(folder, 'page.html');
        const page = await readFile(join(staging, tabFile), 'utf8');
        const texts = reports.map(report => JSON.stringify(report));
        await writeFile(path, pageWith(page, texts));
        assert.deepEqual(reportsIn(pageWith(page, texts)), texts);
        await inPage({ colorScheme }, async ({ page: tab, complaints, strangers }) => {
          const asked: string[] = [];
          tab.on('request', request => asked.push(request.url()));
          await tab.goto(`file://${path}`);
          await tab.locator('.releases button').filter({ hasText: 'Promoted' }).click();
          await tab.getByText(end).first().waitFor();
          assert.equal(await tab.evaluate('self.pwned'), undefined);
          assert.equal(await tab.evaluate('document.documentElement.dataset.theme'), colorScheme);
          assert.deepEqual([asked, complaints, strangers], [[`file://${path}`], [], []]);
        });
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }

  it('says that it belongs into a run where it is opened without reports and without a host', () =>
    inPage({}, async ({ page: tab }) => {
      await tab.goto(`file://${join(staging, tabFile)}`);
      await tab.getByRole('alert').filter({ hasText: 'in a run of Azure DevOps only' }).waitFor();
    }));
});
