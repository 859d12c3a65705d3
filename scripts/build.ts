import { rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { bundle } from './bundle.ts';
import { bundleProblems, bytesByPackage } from './bundle-report.ts';
import { root, staging, taskFolder } from './layout.ts';
import { readVersion, stageFiles, stageThirdParties } from './stage.ts';
import { thirdPartiesOf } from './third-party.ts';

// `npm run build` stages the extension in dist/extension, with what its third-party code asks for, and says what the bundle weighs.

await rm(staging, { recursive: true, force: true });
const version = await readVersion();
await stageFiles(version);
const metafile = await bundle(join(root, taskFolder, 'src'), join(staging, taskFolder), version);
const problems = bundleProblems(metafile);
if (problems.length > 0) throw new Error(problems.join('\n'));
await stageThirdParties(version, await thirdPartiesOf(metafile));

for (const [output, { bytes }] of Object.entries(metafile.outputs)) {
  const file = relative(join(staging, taskFolder), resolve(output));
  console.log(`${kilobytes(bytes).padStart(6)} KB  ${file}`);
  if (file !== 'step.js') continue;
  for (const { name, bytes: size } of bytesByPackage(metafile, output).slice(0, 15)) {
    console.log(`  ${kilobytes(size).padStart(6)} KB  ${name}`);
  }
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
