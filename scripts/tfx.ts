import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const tfx = createRequire(import.meta.url).resolve('tfx-cli/_build/tfx-cli.js');

/**
 * The vsix that tfx makes of a staging folder, without network. tfx ends with 0 also where it warns of a task.json that the
 * server will refuse (`facts/extensions.md 0`), so that this throws unless it says its one JSON result and nothing else.
 */
export function runTfx(stagingFolder: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'vsix-'));
  try {
    const path = join(folder, 'extension.vsix');
    const run = spawnSync(
      process.execPath,
      [tfx, 'extension', 'create', '--json', '--no-prompt', '--no-color', '--root', stagingFolder].concat(
        '--manifests',
        'vss-extension.json',
        '--output-path',
        path,
      ),
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    if (run.status !== 0 || run.stderr !== '' || !isJson(run.stdout)) {
      throw new Error(`tfx warns or fails (exit code ${run.status}):\n${run.stdout}${run.stderr}`);
    }
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
