import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { currentInputsPage, inputsPagePath, writtenInputsPage } from './inputs-page.ts';
import { root } from './layout.ts';
import { currentOverview, overviewPath, writtenOverview } from './overview-page.ts';

// `npm run docs` writes what the pages have from other files; without --write the script only says which are stale.

const pages = [
  { path: inputsPagePath, written: writtenInputsPage(), current: currentInputsPage() },
  { path: overviewPath, written: writtenOverview(), current: currentOverview() },
];
for (const { path, current } of pages.filter(({ written, current }) => written !== current)) {
  if (process.argv.includes('--write')) {
    writeFileSync(path, current);
  } else {
    console.error(`${relative(root, path)} is stale: run \`npm run docs\``);
    process.exitCode = 1;
  }
}
