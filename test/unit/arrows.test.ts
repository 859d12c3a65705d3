import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sourceFolder = 'tasks/AmbassadorCanary/AmbassadorCanaryV1/src';
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

/** What each room may import: `main → azure, report → cluster, traffic, analysis → manifests → release`. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  azure: ['cluster', 'traffic', 'analysis', 'manifests', 'release'],
  report: ['cluster', 'traffic', 'analysis', 'manifests', 'release'],
  cluster: ['manifests', 'release'],
  traffic: ['manifests', 'release'],
  analysis: ['manifests', 'release'],
  manifests: ['release'],
  release: [],
};
const rooms = Object.keys(arrows);

interface Diagnostic {
  readonly category: string;
  readonly location: { readonly path: string };
}

/** The lint findings, as `file rule`, of these files under the project's own biome.json; type-only statements suffice. */
function lint(files: ReadonlyMap<string, string>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'arrows-'));
  try {
    const {
      vcs: _git,
      $schema: _schema,
      ...config
    } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
    writeFileSync(join(folder, 'biome.json'), JSON.stringify(config));
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, sourceFolder, path)), { recursive: true });
      writeFileSync(join(folder, sourceFolder, path), text);
    }
    const run = spawnSync(
      process.execPath,
      [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    assert.ok(run.stdout.startsWith('{'), `biome printed no report: ${run.stdout}${run.stderr}`);
    const report = JSON.parse(run.stdout) as { readonly diagnostics: readonly Diagnostic[] };
    return report.diagnostics.map(
      ({ location, category }) =>
        `${location.path.slice(sourceFolder.length + 1)} ${category.split('/').at(-1)}`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function importOf(specifier: string): string {
  return `export * from '${specifier}';\n`;
}

describe('arrows between the rooms', () => {
  it('knows every room of the house', () => {
    const folders = readdirSync(join(root, sourceFolder), { withFileTypes: true }).filter(entry =>
      entry.isDirectory(),
    );
    assert.deepEqual(
      folders.map(folder => folder.name).filter(name => !rooms.includes(name)),
      [],
    );
  });

  it('lint lets a room import exactly the rooms behind it', () => {
    const files = new Map<string, string>();
    const forbidden: string[] = [];
    for (const from of rooms) {
      for (const to of rooms.filter(room => room !== from)) {
        files.set(`${from}/to-${to}.ts`, importOf(`../${to}/file.ts`));
        if (!arrows[from]?.includes(to)) forbidden.push(`${from}/to-${to}.ts noRestrictedImports`);
      }
    }
    assert.deepEqual(lint(files).toSorted(), forbidden.toSorted());
  });

  it('lint keeps entries and everything outside src out of the rooms, and lets entries import every room', () => {
    const files = new Map<string, string>([
      ['main.ts', rooms.map(room => importOf(`./${room}/file.ts`)).join('')],
    ]);
    const forbidden: string[] = [];
    for (const room of rooms) {
      for (const [name, specifier] of [
        ['main', '../main.ts'],
        ['guard', '../guard.ts'],
        ['sandbox', '../../../../../sandbox/cluster.ts'],
        ['test', '../../../../../test/agent/agent.ts'],
      ]) {
        files.set(`${room}/${name}.ts`, importOf(String(specifier)));
        forbidden.push(`${room}/${name}.ts noRestrictedImports`);
      }
    }
    files.set('guard.ts', importOf('../../../../rig/paths.ts'));
    forbidden.push('guard.ts noRestrictedImports');
    assert.deepEqual(lint(files).toSorted(), forbidden.toSorted());
  });

  it('lint keeps clock, I/O and packages out of the pure rooms', () => {
    const clock = 'export const now = Date.now();\nsetTimeout(() => {}, 1);\nprocess.exit();\n';
    const files = new Map([
      ['release/clock.ts', clock],
      ['manifests/clock.ts', clock],
      ['analysis/clock.ts', clock],
      ['release/hash.ts', importOf('node:crypto')],
      ['release/package.ts', importOf('yaml')],
      ['release/beside.ts', importOf('./weight.ts')],
      ['manifests/files.ts', importOf('node:fs')],
      ['manifests/files-later.ts', importOf('node:fs/promises')],
      ['manifests/hash.ts', importOf('node:crypto')],
      ['manifests/package.ts', importOf('yaml')],
      ['analysis/net.ts', importOf('node:https')],
      ['analysis/http-try.ts', importOf('node:https') + clock],
      ['cluster/net.ts', importOf('node:https') + clock],
    ]);
    assert.deepEqual(
      lint(files).toSorted(),
      [
        ...['analysis', 'manifests', 'release'].flatMap(room =>
          Array.from({ length: 3 }, () => `${room}/clock.ts noRestrictedGlobals`),
        ),
        'analysis/net.ts noNodejsModules',
        'manifests/files-later.ts noRestrictedImports',
        'manifests/files.ts noRestrictedImports',
        'release/hash.ts noRestrictedImports',
        'release/package.ts noRestrictedImports',
      ].toSorted(),
    );
  });
});
