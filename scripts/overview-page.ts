import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, taskFolder } from './layout.ts';
import { withPart } from './page-part.ts';

interface TaskJson {
  readonly inputs: readonly {
    readonly name: string;
    readonly defaultValue: string;
    readonly helpMarkDown: string;
  }[];
}

export const overviewPath = join(root, 'docs', 'overview.md');

/** The page of the marketplace as it must be now: with the table of inputs, and the Role, as they are. */
export function currentOverview(): string {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const table = inputsTable(JSON.parse(read(`${taskFolder}/task.json`)));
  const role = ['```yaml', read('docs/rbac.yaml').trim(), '```'].join('\n');
  return withPart(withPart(writtenOverview(), 'inputs', table), 'role', role);
}

/** The page as it is in the checkout. */
export function writtenOverview(): string {
  return readFileSync(overviewPath, 'utf8');
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
