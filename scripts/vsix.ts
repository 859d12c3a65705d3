import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { bundleFiles } from './bundle.ts';
import { root, taskFolder } from './layout.ts';
import { tabFile } from './tab-page.ts';
import { runTfx } from './tfx.ts';
import { readZip, writeZip, type ZipEntry } from './zip.ts';

/** Everything that is in the vsix, in its order there; what else turns up is a mistake. */
export const vsixFiles: readonly string[] = [
  '[Content_Types].xml',
  'extension.vsixmanifest',
  'extension.vsomanifest',
  'CHANGELOG.md',
  'LICENSE',
  'THIRD-PARTY-NOTICES.txt',
  'sbom.cdx.json',
  'docs/overview.md',
  'images/icon.png',
  'images/tab-rolled-back-light.png',
  tabFile,
  ...['task.json', 'icon.png', 'package.json', ...bundleFiles].map(file => `${taskFolder}/${file}`),
];

/** Packs a staging folder into a vsix of reproducible bytes. Throws where tfx warns or the content is not what it must be. */
export function packVsix(stagingFolder: string): Buffer {
  const entries = readZip(runTfx(stagingFolder));
  const problems = vsixProblems(entries);
  if (problems.length > 0) throw new Error(`The vsix is not fit to publish:\n${problems.join('\n')}`);
  return writeZip(entries.toSorted((a, b) => vsixFiles.indexOf(a.path) - vsixFiles.indexOf(b.path)));
}

/** What is wrong with the content of a vsix; nothing for a good one. */
export function vsixProblems(entries: readonly ZipEntry[]): readonly string[] {
  const paths = entries.map(entry => entry.path);
  return [
    ...vsixFiles.filter(path => !paths.includes(path)).map(path => `${path} is missing`),
    ...paths.filter(path => !vsixFiles.includes(path)).map(path => `${path} is not expected: see vsixFiles`),
    ...entries.flatMap(({ path, content }) => textProblems(path, content.toString('latin1'))),
  ];
}

function textProblems(path: string, text: string): readonly string[] {
  const ofThisMachine = [resolve(root), homedir()].filter(
    folder => folder.length > 1 && text.includes(`${folder}/`),
  );
  return [
    ...ofThisMachine.map(folder => `${path} names ${folder}, a folder of the machine that built it`),
    ...(/\/\/# sourceMappingURL=/.test(text) ? [`${path} refers to a source map`] : []),
  ];
}
