import { EOL } from 'node:os';
import * as agent from 'azure-pipelines-task-lib/task.js';
import { hide, withoutSecrets } from './hide.ts';
import { neutralise, neutraliseForScripts } from './neutralise.ts';
import { formsOf } from './secrets.ts';

/** The output variables of the step (a test compares them with task.json). */
export const outputNames = [
  'outcome',
  'weight',
  'failedStep',
  'failedCheck',
  'reason',
  'reportPath',
  'planPath',
] as const;
export type OutputName = (typeof outputNames)[number];
/** Those in which nothing from outside can be. */
const ownOutputs: readonly OutputName[] = ['outcome', 'weight', 'reportPath', 'planPath'];

/** How the step ends for the pipeline. */
export type StepResult = 'Succeeded' | 'SucceededWithIssues' | 'Failed';

/** The agent keeps 10 errors and 10 warnings of a step; the last of each is left for the result. */
const mostIssues = 9;

/**
 * All that the step says to the agent: lines of the log, and commands. Every text is neutralised here, so whatever
 * stands in it, nothing becomes a command that we did not write; and nothing that was hidden is in it.
 */
export class Commands {
  #errors = 0;
  #warnings = 0;

  line(text: string): void {
    write(harmless(text));
  }

  /** Starts a part of the log that the reader can fold. */
  group(name: string): void {
    write(`##[group]${harmless(name)}`);
  }

  endGroup(): void {
    write('##[endgroup]');
  }

  /** A heading. */
  section(text: string): void {
    write(`##[section]${harmless(text)}`);
  }

  /** An error that the run shows on its first page; those beyond the agent's limit stand in the log only. */
  error(text: string): void {
    this.#errors += 1;
    if (this.#errors > mostIssues) write(`##[error]${harmless(text)}`);
    else agent.logIssue(agent.IssueType.Error, harmless(text));
  }

  /** A warning that the run shows on its first page; those beyond the agent's limit stand in the log only. */
  warning(text: string): void {
    this.#warnings += 1;
    if (this.#warnings > mostIssues) write(`##[warning]${harmless(text)}`);
    else agent.logIssue(agent.IssueType.Warning, harmless(text));
  }

  /** For readers who turned `system.debug` on. */
  debug(text: string): void {
    agent.debug(harmless(text));
  }

  progress(percent: number, doing: string): void {
    agent.setProgress(Math.round(percent), harmless(doing));
  }

  /** Sets an output variable. Paths and the words of `ownOutputs` stay as they are; other values may hold text from outside. */
  output(name: OutputName, value: string): void {
    const isOwn = ownOutputs.includes(name);
    const text = isOwn ? value : neutraliseForScripts(withoutSecrets(value));
    agent.setVariable(name, text, false, true);
  }

  /** Hides a text, in each of its forms, in all that is told from now on. */
  secret(text: string): void {
    hide(formsOf(text));
  }

  /** Leaves a word for the post-job entry of this step. */
  setTaskVariable(name: string, value: string): void {
    agent.setTaskVariable(name, value);
  }

  taskVariable(name: string): string | undefined {
    return agent.getTaskVariable(name) || undefined;
  }

  /** Shows a Markdown file, which must exist by now, in the Extensions tab of the run. */
  uploadSummary(path: string): void {
    agent.uploadSummary(path);
  }

  /** Hands a file, which must exist by now, to the results tab. */
  attach(type: string, name: string, path: string): void {
    agent.addAttachment(type, name, path);
  }

  /** Shows a file of test results, JUnit's XML, in the Tests tab of the run. It must exist until the step ends. */
  publishTests(path: string, title: string): void {
    // Not the file itself: it would be attached to the run a second time.
    new agent.TestPublisher('JUnit').publish(
      path,
      'true',
      '',
      '',
      harmless(title),
      'false',
      'AmbassadorCanary',
    );
  }

  /** Ends the step. A failure's text is shown as its error, and a warning's with it. The process still has to end. */
  complete(result: StepResult, text: string): void {
    agent.setResult(agent.TaskResult[result], harmless(text));
  }
}

/** A text as one line in which nothing is a command, and nothing that was hidden. Twice is as good as once. */
export function harmless(text: string): string {
  return neutralise(withoutSecrets(text));
}

function write(line: string): void {
  process.stdout.write(line + EOL);
}
