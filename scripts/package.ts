import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withFlavour } from './flavours.ts';
import { root, staging } from './layout.ts';
import { versionProblemsHere } from './release-version.ts';
import { readVersion } from './stage.ts';
import { packVsix } from './vsix.ts';

// `npm run package` packs what `npm run build` has staged into dist/*.vsix, and says its size and checksum. With `-- --dev` it packs the
// development flavour, which can be installed beside the other.

/** What a vsix may weigh at most, in bytes. */
const budget = 600_000;

const { values } = parseArgs({ options: { dev: { type: 'boolean', default: false } } });
const problems = await versionProblemsHere();
if (problems.length > 0) throw new Error(problems.join('\n'));
const version = await readVersion();
const vsix = await withFlavour(staging, values.dev ? 'development' : 'production', packVsix);
const path = `dist/ambassador-canary${values.dev ? '-dev' : ''}-${version}.vsix`;
if (vsix.length > budget)
  throw new Error(`${path} would weigh ${vsix.length} bytes, at most ${budget} are allowed`);
await mkdir(join(root, 'dist'), { recursive: true });
await writeFile(join(root, path), vsix);
console.log(
  `${path}  ${(vsix.length / 1e6).toFixed(3)} MB  sha256 ${createHash('sha256').update(vsix).digest('hex')}`,
);
