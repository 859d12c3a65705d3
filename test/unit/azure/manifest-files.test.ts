import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readManifestFiles } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/azure/manifest-files.ts';
import { toCanaryErrors } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';

describe('readManifestFiles', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'manifests-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  /** Writes files that contain their own path. */
  async function write(...files: string[]): Promise<void> {
    for (const file of files) {
      await mkdir(path.dirname(path.join(root, file)), { recursive: true });
      await writeFile(path.join(root, file), file);
    }
  }

  async function found(...lines: string[]): Promise<string[]> {
    return (await readManifestFiles(lines, root)).map(file => file.path);
  }

  async function refusals(...lines: string[]): Promise<string[]> {
    try {
      await readManifestFiles(lines, root);
    } catch (thrown) {
      return toCanaryErrors(thrown).map(({ code, sentence }) => `${code} ${sentence}`);
    }
    return [];
  }

  const tree = [
    'deploy/web.yaml',
    'deploy/api.yml',
    'deploy/README.md',
    'deploy/.hidden.yaml',
    'deploy/base/job.json',
    'deploy/base/.git/config.yaml',
    'deploy/base/node_modules/x/pod.yaml',
    'deploy/test/test.yaml',
    'apps/a/k8s/a.yaml',
    'apps/b/k8s/b.yaml',
    'apps/b/k8s/deep/c.yaml',
    'manifest.tmpl',
    'with space/d{1}.yaml',
  ];
  const table: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['deploy/web.yaml'], ['deploy/web.yaml']],
    [['manifest.tmpl'], ['manifest.tmpl']],
    [['deploy/.hidden.yaml'], ['deploy/.hidden.yaml']],
    [['deploy'], ['deploy/api.yml', 'deploy/base/job.json', 'deploy/test/test.yaml', 'deploy/web.yaml']],
    [['./deploy/'], ['deploy/api.yml', 'deploy/base/job.json', 'deploy/test/test.yaml', 'deploy/web.yaml']],
    [['deploy/*'], ['deploy/api.yml', 'deploy/web.yaml']],
    [['deploy/*.yaml'], ['deploy/web.yaml']],
    [['deploy/*.md'], ['deploy/README.md']],
    [['deploy/**/*.yaml'], ['deploy/test/test.yaml', 'deploy/web.yaml']],
    [['deploy/{web,test/te?t}.yaml'], ['deploy/test/test.yaml', 'deploy/web.yaml']],
    [['apps/*/k8s'], ['apps/a/k8s/a.yaml', 'apps/b/k8s/b.yaml', 'apps/b/k8s/deep/c.yaml']],
    [['apps/*/k8s/*'], ['apps/a/k8s/a.yaml', 'apps/b/k8s/b.yaml']],
    [['apps/b*/'], ['apps/b/k8s/b.yaml', 'apps/b/k8s/deep/c.yaml']],
    [['apps/**'], ['apps/a/k8s/a.yaml', 'apps/b/k8s/b.yaml', 'apps/b/k8s/deep/c.yaml']],
    [['**/k8s/*.yaml', '!apps/a'], ['apps/b/k8s/b.yaml']],
    [
      ['!**/test', 'deploy'],
      ['deploy/api.yml', 'deploy/base/job.json', 'deploy/web.yaml'],
    ],
    [
      ['deploy', '!**/*.json', '!deploy/test/**'],
      ['deploy/api.yml', 'deploy/web.yaml'],
    ],
    [['deploy/web.yaml', ' deploy/*.yaml ', '', 'deploy/../deploy/web.yaml'], ['deploy/web.yaml']],
    [['deploy/base/node_modules/x/pod.yaml'], ['deploy/base/node_modules/x/pod.yaml']],
    [['with space/d{1}.yaml'], ['with space/d{1}.yaml']],
  ];
  for (const [lines, expected] of table) {
    it(`takes ${JSON.stringify(lines)} for ${expected.length} files`, async () => {
      await write(...tree);
      assert.deepEqual(await found(...lines), expected);
    });
  }

  it('takes absolute paths, and shows those outside of the root as they are', async () => {
    await write('work/a.yaml', 'drop/b.yaml');
    const files = await readManifestFiles([`${root}/drop/*.yaml`, '../drop', 'a.yaml'], `${root}/work`);
    assert.deepEqual(
      files.map(file => file.path),
      [`${root}/drop/b.yaml`, 'a.yaml'],
    );
    assert.equal(files[0]?.text, 'drop/b.yaml');
  });

  it('names each line that means no file, and the root', async () => {
    await write('deploy/README.md', 'a.yaml');
    const told = await refusals('deploy', 'nowhere/*.yaml', 'a.yaml', 'missing.yaml', 'a.yaml/b.yaml');
    assert.equal(told.length, 4);
    for (const [index, line] of ['deploy', 'nowhere/*.yaml', 'missing.yaml', 'a.yaml/b.yaml'].entries()) {
      assert.ok(told[index]?.startsWith(`INPUT_INVALID manifests: ${line} means no file`), told[index]);
      assert.ok(told[index]?.includes(root));
    }
  });

  it('refuses lines that only exclude, and no lines', async () => {
    assert.match((await refusals('!a.yaml'))[0] ?? '', /^INPUT_INVALID manifests: no line names a file/);
    assert.match((await refusals())[0] ?? '', /^INPUT_INVALID manifests: no line names a file/);
  });

  it('refuses files that are not UTF-8, saying so of UTF-16', async () => {
    await writeFile(path.join(root, 'latin.yaml'), Buffer.from('a: \xe9', 'latin1'));
    await writeFile(path.join(root, 'utf16.yaml'), Buffer.from('\ufeffa: b', 'utf16le'));
    assert.deepEqual(await refusals('*.yaml'), [
      'MANIFEST_UNREADABLE latin.yaml cannot be read: it is not UTF-8. Save it as UTF-8',
      'MANIFEST_UNREADABLE utf16.yaml cannot be read: it is UTF-16, not UTF-8. Save it as UTF-8',
    ]);
  });

  it('keeps a byte order mark for the reader', async () => {
    await writeFile(path.join(root, 'bom.yaml'), '\ufeffa: b');
    assert.equal((await readManifestFiles(['bom.yaml'], root))[0]?.text, '\ufeffa: b');
  });

  it('refuses a file of more than 32 MiB without reading it', async () => {
    await write('big.yaml');
    await truncate(path.join(root, 'big.yaml'), 33 * 1024 * 1024);
    assert.deepEqual(await refusals('big.yaml'), ['MANIFEST_INVALID big.yaml is larger than 32 MiB']);
  });

  it('refuses a link that leads nowhere and what is no file', async () => {
    await symlink('nowhere', path.join(root, 'dangling.yaml'));
    assert.deepEqual(await refusals('.', '/dev/null'), [
      'MANIFEST_UNREADABLE /dev/null cannot be read: it is not a file',
      'MANIFEST_UNREADABLE dangling.yaml cannot be read: ENOENT',
    ]);
  });

  it('follows links to files and folders, but reads each file once and enters no folder twice', async () => {
    await write('real/a.yaml', 'real/inner/b.yaml', 'other/c.yaml');
    await symlink('..', path.join(root, 'real/up'));
    await symlink('../other', path.join(root, 'real/other'));
    await symlink('../real', path.join(root, 'other/back'));
    await symlink('a.yaml', path.join(root, 'real/z.yaml'));
    assert.deepEqual(await found('real'), ['real/a.yaml', 'real/inner/b.yaml', 'real/other/c.yaml']);
    assert.deepEqual(await found('**/*.yaml'), ['other/c.yaml', 'real/a.yaml', 'real/inner/b.yaml']);
  });
});
