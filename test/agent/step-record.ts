import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type AgentCommand, parseCommand } from './agent-command.ts';
import type { SecretMasker } from './secret-masker.ts';
import { isOutput, maySet, type TaskDefinition } from './task-definition.ts';

export type TaskResult = 'Succeeded' | 'SucceededWithIssues' | 'Failed' | 'Canceled' | 'Skipped';

export interface Issue {
  readonly type: 'error' | 'warning';
  readonly message: string;
}

export interface Attachment {
  /** `Distributedtask.Core.Summary` for a summary. */
  readonly type: string;
  readonly name: string;
  readonly content: string;
}

/** What the Tests tab of the run gets. */
export interface TestResults {
  readonly type: string;
  readonly title: string;
  readonly content: string;
}

const results: readonly TaskResult[] = ['Succeeded', 'SucceededWithIssues', 'Failed', 'Canceled', 'Skipped'];
const mostIssues = 10;
const summaryType = 'Distributedtask.Core.Summary';

/** What a step has told the agent so far: its lines become a log, and its commands take effect at once. */
export class StepRecord {
  /** What a reader of the log sees: masked, commands gone or shown as what they do. */
  readonly lines: string[] = [];
  readonly commands: AgentCommand[] = [];
  /** At most 10 errors and 10 warnings, as the agent keeps them. */
  readonly issues: Issue[] = [];
  readonly progress: { readonly percent: number; readonly doing: string }[] = [];
  readonly attachments: Attachment[] = [];
  readonly testResults: TestResults[] = [];
  readonly outputVariables: Record<string, string> = {};
  readonly variables: Record<string, string> = {};
  readonly taskVariables: Record<string, string> = {};
  result: TaskResult | undefined;
  /** The text of the last `task.complete`. */
  resultText = '';

  constructor(
    private readonly definition: TaskDefinition,
    private readonly masker: SecretMasker,
    private readonly debug: boolean,
    private readonly onLine: (line: string) => void,
  ) {}

  get summaries(): readonly string[] {
    return this.attachments.filter(({ type }) => type === summaryType).map(({ content }) => content);
  }

  /** Takes a line of stdout or stderr: the agent reads both alike. */
  take(line: string): void {
    const command = parseCommand(line);
    if (command === undefined) {
      if (line.includes('##vso')) this.issue('warning', `A line looks like a command and is none: ${line}`);
      this.show(line);
      return;
    }
    this.commands.push(command);
    try {
      this.execute(command);
    } catch (error) {
      this.issue('error', `Unable to process command '${line}': ${(error as Error).message}`);
      this.merge('Failed');
    }
  }

  issue(type: Issue['type'], message: string): void {
    const masked = this.masker.mask(message);
    if (this.issues.filter(issue => issue.type === type).length < mostIssues)
      this.issues.push({ type, message: masked });
    this.show(`##[${type}]${message}`);
  }

  /** The worst result counts; one that is worse than a failure stays. */
  merge(coming: TaskResult): void {
    const rank = (result: TaskResult) => results.indexOf(result);
    if (
      this.result === undefined ||
      (rank(this.result) <= rank('Failed') && rank(coming) > rank(this.result))
    ) {
      this.result = coming;
    }
  }

  private show(line: string): void {
    const masked = this.masker.mask(line);
    this.lines.push(masked);
    this.onLine(masked);
  }

  private execute({ name, properties, data }: AgentCommand): void {
    switch (name) {
      case 'task.debug':
        if (this.debug) this.show(`##[debug]${data}`);
        return;
      case 'task.issue':
      case 'task.logissue':
        this.issue(oneOf(properties.get('type')?.toLowerCase(), ['error', 'warning']), data);
        return;
      case 'task.setprogress':
        this.advance(Number.parseInt(properties.get('value') ?? '0', 10), data);
        return;
      case 'task.complete':
        this.merge(oneOf(properties.get('result'), results));
        this.resultText = this.masker.mask(data);
        this.advance(100, data);
        return;
      case 'task.setsecret':
        this.masker.add(data);
        return;
      case 'task.setvariable':
        this.setVariable(nameOf(properties), data, properties);
        return;
      case 'task.settaskvariable':
        if (properties.get('issecret') === 'true') this.masker.add(data);
        this.taskVariables[nameOf(properties)] = data;
        return;
      case 'task.uploadsummary':
        this.attach(summaryType, basename(data), data);
        return;
      case 'task.uploadfile':
        this.attach('DistributedTask.Core.FileAttachment', basename(data), data);
        return;
      case 'task.addattachment':
        this.attach(properties.get('type') ?? '', properties.get('name') ?? '', data);
        return;
      case 'results.publish':
        this.publish(properties);
        return;
      default:
        throw new Error('this agent knows no such command');
    }
  }

  private setVariable(name: string, value: string, properties: ReadonlyMap<string, string>): void {
    if (properties.get('issecret') === 'true') this.masker.add(value);
    if (!maySet(this.definition, name)) {
      this.issue('warning', `Setting variable '${name}' has been disabled by the task or build definition.`);
      return;
    }
    const output = properties.get('isoutput') === 'true' || isOutput(this.definition, name);
    (output ? this.outputVariables : this.variables)[name] = value;
  }

  private attach(type: string, name: string, path: string): void {
    for (const part of [type, name]) {
      if (part === '' || /[<>:"|?*\\/]/.test(part)) throw new Error(`'${part}' is no name for an attachment`);
    }
    // At once: the agent uploads it whatever becomes of the file.
    this.attachments.push({ type, name, content: readFileSync(path, 'utf8') });
  }

  /** The agent begins to read the files at once, and waits for it when the step ends. */
  private publish(properties: ReadonlyMap<string, string>): void {
    const [type = '', title = ''] = ['type', 'runtitle'].map(name => properties.get(name));
    for (const path of (properties.get('resultfiles') ?? '').split(',')) {
      this.testResults.push({ type, title, content: readFileSync(path, 'utf8') });
    }
  }

  private advance(value: number, doing: string): void {
    const shown = this.progress.at(-1)?.percent ?? 0;
    const percent = Math.max(shown, Math.min(Math.max(Number.isNaN(value) ? 0 : value, 0), 100));
    this.progress.push({ percent, doing: this.masker.mask(doing) });
  }
}

function nameOf(properties: ReadonlyMap<string, string>): string {
  const name = properties.get('variable');
  if (!name) throw new Error('the variable has no name');
  return name;
}

function oneOf<T extends string>(value: string | undefined, allowed: readonly T[]): T {
  const found = allowed.find(candidate => candidate === value);
  if (found === undefined) throw new Error(`'${value}' is none of ${allowed.join(', ')}`);
  return found;
}
