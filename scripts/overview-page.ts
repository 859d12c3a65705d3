import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, taskFolder } from './layout.ts';

interface TaskJson {
  readonly inputs: readonly {
    readonly name: string;
    readonly defaultValue: string;
    readonly helpMarkDown: string;
  }[];
}

const page = join(root, 'docs', 'overview.md');

/** The page of the marketplace with what is made from other files in its place: the table of inputs, and the Role. */
export function withGeneratedParts(overview: string, task: TaskJson, role: string): string {
  return [
    ['inputs', inputsTable(task)],
    ['role', ['```yaml', role.trim(), '```'].join('\n')],
  ].reduce((text, [name = '', part = '']) => replacePart(text, name, part), overview);
}

/** The page as it must be now, but for the words between its generated parts. */
export function currentOverview(): string {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  return withGeneratedParts(
    writtenOverview(),
    JSON.parse(read(`${taskFolder}/task.json`)),
    read('docs/rbac.yaml'),
  );
}

/** The page as it is in the checkout. */
export function writtenOverview(): string {
  return readFileSync(page, 'utf8');
}

/** Throws where the page has no such part: then it would never be renewed. */
function replacePart(text: string, name: string, part: string): string {
  const marked = new RegExp(`(<!-- ${name}: made by npm run docs -->\n)[^]*?(<!-- end of ${name} -->)`);
  if (!marked.test(text)) throw new Error(`docs/overview.md has no part ${name}`);
  return text.replace(marked, (_, begin: string, end: string) => `${begin}\n${part}\n\n${end}`);
}

function inputsTable({ inputs }: TaskJson): string {
  const rows = inputs.map(({ name, defaultValue, helpMarkDown }) => {
    const value = defaultValue === '' ? '' : `\`${defaultValue}\``;
    return `| \`${name}\` | ${value} | ${meaningOf(helpMarkDown).replaceAll('|', '\\|')} |`;
  });
  return ['| input | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The help without its example and its default, in one line. */
function meaningOf(help: string): string {
  return help.replace(/ Example: .*$/s, '').replace(/\s+/g, ' ');
}

// `npm run docs` writes the parts; without --write the script only says whether they are stale.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (process.argv.includes('--write')) {
    writeFileSync(page, currentOverview());
  } else if (writtenOverview() !== currentOverview()) {
    console.error('docs/overview.md is stale: run `npm run docs`');
    process.exitCode = 1;
  }
}
