import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, taskFolder } from '../../scripts/layout.ts';
import { tabFile } from '../../scripts/tab-page.ts';
import { vsixFiles } from '../../scripts/vsix.ts';

interface Contribution {
  readonly id: string;
  readonly type: string;
  readonly targets: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const manifest = read('vss-extension.json');
const contributions: readonly Contribution[] = manifest.contributions;
const ofType = (type: string) => contributions.filter(one => one.type === type);

describe('the manifest of the extension', () => {
  it('asks for no more than to read builds and releases: each later scope would wait for an administrator', () => {
    assert.deepEqual(manifest.scopes, ['vso.build', 'vso.release']);
  });

  it('shows the tab in builds and in stages of classic releases, and only where the task ran', () => {
    const tabs = [...ofType('ms.vss-build-web.build-results-tab'), ...ofType('ms.vss-web.tab')];
    assert.deepEqual(
      tabs.map(({ targets }) => targets),
      [
        ['ms.vss-build-web.build-results-view'],
        ['ms.vss-releaseManagement-web.release-environment-editor-tab'],
      ],
    );
    for (const { properties } of tabs) {
      assert.deepEqual(properties.supportsTasks, [read(`${taskFolder}/task.json`).id]);
      assert.equal(properties.uri, tabFile);
      assert.equal(properties.name, 'Canary');
    }
  });

  it('names what the page of a release calls when a stage has changed, as the tab registers it', () => {
    const [tab] = ofType('ms.vss-web.tab');
    const host = readFileSync(join(root, 'tab', 'host.ts'), 'utf8');
    assert.ok(host.includes(`const releaseTab = '${tab?.properties.registeredObjectId}'`));
  });

  it('packs the pictures of the overview, and no others', () => {
    const overview = readFileSync(join(root, manifest.content.details.path), 'utf8');
    const shown = [...overview.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path]) => String(path));
    assert.deepEqual(
      vsixFiles.filter(path => path.startsWith('images/') && path !== manifest.icons.default),
      shown,
    );
    for (const path of shown) assert.ok(existsSync(join(root, path)), path);
  });
});
