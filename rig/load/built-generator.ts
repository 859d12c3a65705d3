import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { repositoryRoot } from '../paths.ts';

let built: string | undefined;

/**
 * The generator as plain JavaScript, built once a process and removed at its end: tests start hundreds, and to read TypeScript costs each
 * more CPU than all that it sends.
 */
export function builtGenerator(): string {
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), 'ambassador-canary-load-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  built = join(folder, 'generator.mjs');
  const entry = join(repositoryRoot, 'rig', 'load', 'generator.ts');
  buildSync({ entryPoints: [entry], outfile: built, bundle: true, platform: 'node', format: 'esm' });
  return built;
}
