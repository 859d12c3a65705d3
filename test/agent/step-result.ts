import type { ProcessEnd } from './node-process.ts';
import type { StepRecord, TaskResult } from './step-record.ts';

type Recorded = Pick<
  StepRecord,
  | 'lines'
  | 'commands'
  | 'issues'
  | 'progress'
  | 'attachments'
  | 'testResults'
  | 'summaries'
  | 'outputVariables'
  | 'variables'
  | 'taskVariables'
  | 'resultText'
>;

/** How a step went, and all that it told: `stdout` and `stderr` as the process wrote them, `lines` as the log shows them. */
export interface StepResult extends Recorded, ProcessEnd {
  readonly result: TaskResult;
}

/**
 * The result of a step whose process has ended. A step that was cancelled is Canceled whatever it says; an exit code
 * other than 0 is a failure whatever it says. Throws where it ran into its time limit.
 */
export function conclude(record: StepRecord, end: ProcessEnd, cancelled: boolean): StepResult {
  if (end.timedOut) {
    throw new Error(`The step did not end within its time limit. Its log:\n${record.lines.join('\n')}`);
  }
  if (end.exitCode !== 0 && !cancelled) {
    record.issue('error', `The process ended with ${end.signal ?? `exit code ${end.exitCode}`}`);
    record.merge('Failed');
  }
  return {
    ...end,
    result: cancelled ? 'Canceled' : (record.result ?? 'Succeeded'),
    lines: record.lines,
    commands: record.commands,
    issues: record.issues,
    progress: record.progress,
    attachments: record.attachments,
    testResults: record.testResults,
    summaries: record.summaries,
    outputVariables: record.outputVariables,
    variables: record.variables,
    taskVariables: record.taskVariables,
    resultText: record.resultText,
  };
}
