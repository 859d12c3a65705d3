import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { billOfMaterials, integrityIn, noticesPage } from '../../scripts/notices.ts';
import { thirdPartiesOf } from '../../scripts/third-party.ts';

describe('what ships of others', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'packages-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function install(name: string, license: string, text?: string): string {
    const root = join(folder, 'node_modules', name);
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'package.json'), JSON.stringify({ name, version: '1.2.3', license }));
    if (text !== undefined) writeFileSync(join(root, 'LICENSE.md'), text);
    return join(root, 'index.js');
  }

  const metafileOf = (bytes: Readonly<Record<string, number>>): Metafile => ({
    inputs: {},
    outputs: {
      'step.js': {
        bytes: 1,
        imports: [],
        exports: [],
        inputs: Object.fromEntries(
          Object.entries(bytes).map(([path, size]) => [path, { bytesInOutput: size }]),
        ),
      },
    },
  });

  it('is found in the bundle itself: a package of which no byte is left needs no notice', async () => {
    const used = install('used', 'MIT', 'Copyright Ada\r\n');
    const unused = install('@shaken/out', 'GPL-3.0');
    const parties = await thirdPartiesOf(metafileOf({ [used]: 10, [unused]: 0, 'src/main.ts': 5 }));
    assert.deepEqual(parties, [
      { name: 'used', version: '1.2.3', license: 'MIT', notices: ['Copyright Ada'] },
    ]);
  });

  it('does not ship under a license that nobody has looked at, or without the text of its license', async () => {
    const strict = install('strict', 'GPL-3.0', 'text');
    const silent = install('silent', 'MIT');
    await assert.rejects(thirdPartiesOf(metafileOf({ [strict]: 1, [silent]: 1 })), (error: Error) => {
      assert.match(error.message, /strict 1\.2\.3 has the license GPL-3\.0/);
      assert.match(error.message, /silent 1\.2\.3 comes without the text/);
      return true;
    });
  });

  it('is in the notices with its text, and in the bill of materials with the checksum of the lockfile', async () => {
    const parties = await thirdPartiesOf(
      metafileOf({ [install('@some/one', '(MIT OR WTFPL)', 'Be kind.')]: 1 }),
    );
    assert.match(noticesPage(parties), /@some\/one 1\.2\.3 \(\(MIT OR WTFPL\)\)[\s\S]*Be kind\./);
    const integrity = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
    const lockfile = {
      packages: { 'node_modules/a/node_modules/@some/one': { version: '1.2.3', integrity } },
    };
    const { components } = JSON.parse(billOfMaterials('0.1.0', parties, integrityIn(lockfile)));
    assert.deepEqual(components[0].hashes, [{ alg: 'SHA-512', content: '07'.repeat(64) }]);
    assert.equal(components[0].purl, 'pkg:npm/%40some/one@1.2.3');
  });
});
