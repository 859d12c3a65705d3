import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, staging, taskFolder } from '../../scripts/layout.ts';
import { packVsix, vsixFiles } from '../../scripts/vsix.ts';
import { readZip } from '../../scripts/zip.ts';

describe('the vsix', () => {
  it('has the same bytes each time, and exactly the files that ship', () => {
    const vsix = packVsix(staging);
    assert.ok(vsix.equals(packVsix(staging)));
    assert.deepEqual(
      readZip(vsix).map(({ path }) => path),
      vsixFiles,
    );
  });

  it('says the version of package.json everywhere', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const contents = new Map(
      readZip(packVsix(staging)).map(({ path, content }) => [path, content.toString()]),
    );
    const task = JSON.parse(contents.get(`${taskFolder}/task.json`) ?? '');
    assert.equal(`${task.version.Major}.${task.version.Minor}.${task.version.Patch}`, version);
    assert.match(
      contents.get('extension.vsixmanifest') ?? '',
      new RegExp(`<Identity [^>]*Version="${version}"`),
    );
    assert.ok(contents.get(`${taskFolder}/step.js`)?.includes(`"${version}"`));
  });

  it('is not made of a task.json that the server would refuse', () => {
    const folder = mkdtempSync(join(tmpdir(), 'staging-'));
    try {
      cpSync(staging, folder, { recursive: true });
      const path = join(folder, taskFolder, 'task.json');
      const { id: _id, ...task } = JSON.parse(readFileSync(path, 'utf8'));
      writeFileSync(path, JSON.stringify(task));
      assert.throws(() => packVsix(folder), /tfx warns or fails[\s\S]*id is a required guid/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
