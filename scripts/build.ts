import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { bundle } from './bundle.ts';
import { bundleProblems, bytesByPackage } from './bundle-report.ts';
import { root, staging, taskFolder } from './layout.ts';
import { readVersion, stageFiles, stageThirdParties } from './stage.ts';
import { tabFile, tabPage } from './tab-page.ts';
import { thirdPartiesOf } from './third-party.ts';

// `npm run build` stages the extension in dist/extension, with what its third-party code asks for, and says what the bundle weighs.

await rm(staging, { recursive: true, force: true });
const version = await readVersion();
await stageFiles(version);
const metafile = await bundle(join(root, taskFolder, 'src'), join(staging, taskFolder), version);
const problems = bundleProblems(metafile);
if (problems.length > 0) throw new Error(problems.join('\n'));
const tab = await tabPage();
await mkdir(dirname(join(staging, tabFile)), { recursive: true });
await writeFile(join(staging, tabFile), tab.html);
const outputs = { ...metafile.outputs, ...tab.metafile.outputs };
await stageThirdParties(version, await thirdPartiesOf({ inputs: {}, outputs }));

for (const [output, { bytes }] of Object.entries(metafile.outputs)) {
  const file = relative(join(staging, taskFolder), resolve(output));
  console.log(`${kilobytes(bytes).padStart(6)} KB  ${file}`);
  if (file !== 'step.js') continue;
  for (const { name, bytes: size } of bytesByPackage(metafile, output).slice(0, 15)) {
    console.log(`  ${kilobytes(size).padStart(6)} KB  ${name}`);
  }
}
console.log(`${kilobytes(Buffer.byteLength(tab.html)).padStart(6)} KB  ${tabFile}`);

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
