import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFlavour } from '../../scripts/flavours.ts';
import { root, staging, taskFolder } from '../../scripts/layout.ts';
import { packVsix, vsixFiles } from '../../scripts/vsix.ts';
import { readZip } from '../../scripts/zip.ts';

describe('the vsix', () => {
  let vsix: Buffer;
  before(() => {
    vsix = packVsix(staging);
  });

  it('has the same bytes each time, and exactly the files that ship', () => {
    assert.ok(vsix.equals(packVsix(staging)));
    assert.deepEqual(
      readZip(vsix).map(({ path }) => path),
      vsixFiles,
    );
  });

  it('says the version of package.json everywhere', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const contents = new Map(readZip(vsix).map(({ path, content }) => [path, content.toString()]));
    const task = JSON.parse(contents.get(`${taskFolder}/task.json`) ?? '');
    assert.equal(`${task.version.Major}.${task.version.Minor}.${task.version.Patch}`, version);
    assert.match(
      contents.get('extension.vsixmanifest') ?? '',
      new RegExp(`<Identity [^>]*Version="${version}"`),
    );
    assert.ok(contents.get(`${taskFolder}/step.js`)?.includes(`"${version}"`));
  });

  it('comes with the notices of everything that it holds of others, and a bill of materials that names the same', () => {
    const contents = new Map(readZip(vsix).map(({ path, content }) => [path, content.toString()]));
    const { components } = JSON.parse(contents.get('sbom.cdx.json') ?? '');
    const named = components.map(
      ({ name, version, hashes }: { name: string; version: string; hashes: { content: string }[] }) => {
        assert.match(hashes[0]?.content ?? '', /^[0-9a-f]{128}$/, name);
        return `  ${name} ${version}`;
      },
    );
    const notices = contents.get('THIRD-PARTY-NOTICES.txt') ?? '';
    assert.deepEqual(notices.match(/^ {2}\S+ \S+(?= \()/gm), named);
    assert.ok(named.some((line: string) => line.startsWith('  yaml ')));
  });

  it('has a development flavour that can be installed beside it: no name and no GUID is the same', async () => {
    const idsOf = (packed: Buffer) => {
      const contents = new Map(readZip(packed).map(({ path, content }) => [path, content.toString()]));
      const { id, name } = JSON.parse(contents.get(`${taskFolder}/task.json`) ?? '');
      const [, extension] =
        /<Identity [^>]*\bId="([^"]+)"/.exec(contents.get('extension.vsixmanifest') ?? '') ?? [];
      return { id, name, extension, all: [...contents.values()].join('\n') };
    };
    const production = idsOf(vsix);
    const development = idsOf(await withFlavour(staging, 'development', packVsix));
    assert.equal(development.name, `${production.name}Dev`);
    assert.equal(development.extension, `${production.extension}-dev`);
    assert.notEqual(development.id, production.id);
    assert.ok(!development.all.includes(production.id));
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
