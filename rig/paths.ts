import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this rig belongs to. */
export const repositoryRoot = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** What the rig keeps between runs (binaries, pid file), outside version control. */
export const rigHome = join(repositoryRoot, '.rig');
