import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, staging } from './layout.ts';
import { readVersion } from './stage.ts';
import { packVsix } from './vsix.ts';

// `npm run package` packs what `npm run build` has staged into dist/*.vsix, and says its size and checksum.

const version = await readVersion();
const vsix = packVsix(staging);
const path = `dist/ambassador-canary-${version}.vsix`;
await mkdir(join(root, 'dist'), { recursive: true });
await writeFile(join(root, path), vsix);
console.log(
  `${path}  ${(vsix.length / 1e6).toFixed(3)} MB  sha256 ${createHash('sha256').update(vsix).digest('hex')}`,
);
