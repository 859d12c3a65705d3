import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, taskFolder } from './layout.ts';

interface Input {
  readonly name: string;
  readonly type: string;
  readonly label: string;
  readonly defaultValue: string;
  readonly required?: boolean;
  readonly groupName: string;
  readonly visibleRule?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly helpMarkDown: string;
}

interface TaskJson {
  readonly name: string;
  readonly groups: readonly { readonly name: string; readonly displayName: string }[];
  readonly inputs: readonly Input[];
  readonly outputVariables: readonly { readonly name: string; readonly description: string }[];
}

export const inputsPagePath = join(root, 'docs', 'inputs.md');

/** The page of all inputs and outputs, made from task.json, for this major version of the step. */
function inputsPage(task: TaskJson, major: string): string {
  const sections = task.groups.map(({ name, displayName }) => {
    const inputs = task.inputs.filter(({ groupName }) => groupName === name);
    return [`## ${displayName}`, ...inputs.map(inputSection)].join('\n\n');
  });
  const outputs = task.outputVariables.map(({ name, description }) => `| \`${name}\` | ${description} |`);
  return `${[
    '<!-- Generated from task.json by `npm run docs`: do not edit. -->',
    `# Inputs and outputs of ${task.name}@${major}`,
    'Times are numbers with their unit: `30s`, `5m`, `1h30m`. What is left out has its default:',
    ['```yaml', `- task: ${task.name}@${major}`, '  inputs:', ...task.inputs.map(yamlLine), '```'].join('\n'),
    ...sections,
    '## Outputs',
    'Give the step a name to read them in later steps: `name: canary`, then `$(canary.outcome)`. They are text: use them in scripts through `env`, not by putting them into the script.',
    ['| variable | meaning |', '| --- | --- |', ...outputs].join('\n'),
  ].join('\n\n')}\n`;
}

/** The page as it must be now. */
export function currentInputsPage(): string {
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
  const { version }: { version: string } = read('package.json');
  return inputsPage(read(`${taskFolder}/task.json`), version.split('.')[0] ?? '');
}

/** The page as it is in the checkout, `''` where it is not there. */
export function writtenInputsPage(): string {
  try {
    return readFileSync(inputsPagePath, 'utf8');
  } catch {
    return '';
  }
}

function yamlLine({ name, defaultValue, required, label }: Input): string {
  const value = required ? '…' : defaultValue === '' ? "''" : defaultValue;
  return `    ${`${name}: ${value}`.padEnd(44)} # ${label}`;
}

function inputSection(input: Input): string {
  const { name, helpMarkDown, visibleRule } = input;
  const [, text = helpMarkDown, example = '', standard = ''] =
    /^(.*) Example: `([^`]*)`\. Default: (.*)\.$/s.exec(helpMarkDown) ?? [];
  const facts = [
    `- Takes: ${takes(input)}`,
    `- Default: ${standard}`,
    `- Example:${exampleOf(input, example)}`,
    ...(visibleRule === undefined
      ? []
      : [`- Matters with: ${visibleRule.split(' && ').map(condition).join(' and ')}`]),
  ];
  return [`### ${name}`, text, facts.join('\n')].join('\n\n');
}

/** As one pastes it: a list of lines stands below its name. */
function exampleOf({ name, type }: Input, example: string): string {
  if (type !== 'multiLine') return ` \`${name}: ${example}\``;
  return ['', '  ```yaml', `  ${name}: |`, `    ${example}`, '  ```'].join('\n');
}

function takes({ type, options }: Input): string {
  if (options !== undefined) {
    return Object.keys(options)
      .map(word => `\`${word}\``)
      .join(', ');
  }
  const kinds: Readonly<Record<string, string>> = {
    boolean: '`true`, `false`',
    multiLine: 'text, also of several lines',
    pickList: 'text',
    string: 'text',
    'connectedService:kubernetes': 'the name of a Kubernetes service connection',
    'connectedService:AzureRM': 'the name of an Azure Resource Manager service connection',
    'connectedService:Generic': 'the name of a Generic service connection',
  };
  return kinds[type] ?? type;
}

/** `trafficSplitMethod = pod` as one writes it in YAML. */
function condition(term: string): string {
  const [, name, operator, value] = /^(\w+) (=|!=) (\w+)$/.exec(term) ?? [];
  return operator === '!=' ? `\`${name}\` other than \`${value}\`` : `\`${name}: ${value}\``;
}
