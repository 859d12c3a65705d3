import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildVariables } from './build-variables.ts';
import type { Endpoint } from './endpoints.ts';
import { NodeProcess } from './node-process.ts';
import { SecretMasker } from './secret-masker.ts';
import { checkInputs, environmentOf } from './step-environment.ts';
import { StepRecord, type TaskResult } from './step-record.ts';
import { conclude, type StepResult } from './step-result.ts';
import { type Phase, readTaskDefinition, targetOf } from './task-definition.ts';

export interface StepOptions {
  /** The Node.js that runs the step: see `agentNodes`. */
  readonly nodePath: string;
  /** The folder with task.json and the scripts that it names. */
  readonly taskDir: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly endpoints?: readonly Endpoint[];
  /** Pipeline variables by their names, in addition to those of a small build: `Build.BuildId`. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly secretVariables?: Readonly<Record<string, string>>;
  /** Where relative paths start: `System.DefaultWorkingDirectory`. */
  readonly workingDirectory?: string;
  /** Hears each line of the log as it is shown. */
  readonly onLine?: (line: string) => void;
  /** After this many milliseconds the process is killed, for no test may hang. Two minutes unless told. */
  readonly timeLimit?: number;
}

interface PhaseOptions extends StepOptions {
  readonly phase?: Phase;
  readonly taskVariables?: Readonly<Record<string, string>>;
  /** Exists for the whole job. Made, and removed in the end, where none is given. */
  readonly tempDirectory?: string;
  /** Knows the secrets of the whole job. */
  readonly masker?: SecretMasker;
}

export interface RunningStep {
  readonly finished: Promise<StepResult>;
  readonly pid: number | undefined;
  /** Ends it as the agent does when the job is cancelled: SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL. */
  cancel(): Promise<void>;
  /** SIGKILL at once: the step dies, the agent lives. */
  kill(): void;
  /** Gives it up as the agent does with a step in a container when the job is cancelled: it lives on, and its guard runs beside it. */
  abandon(): void;
  /** Resolves when the process is gone, also one that was abandoned. */
  readonly gone: Promise<void>;
  /** The first line of the log, past or to come, that matches. Rejects when the step ends without one. */
  line(pattern: RegExp): Promise<string>;
}

/** Starts one phase of the task, as the agent would start it in a job of its own. */
export function startStep(options: PhaseOptions): RunningStep {
  const { phase = 'execution', taskDir, nodePath, onLine, timeLimit = 120_000 } = options;
  const definition = readTaskDefinition(taskDir);
  const target = targetOf(definition, phase);
  if (target === undefined) throw new Error(`${taskDir} has no ${phase}`);
  checkInputs(definition, options.inputs ?? {});
  const tempDirectory = options.tempDirectory ?? makeTempDirectory();
  const cwd = resolve(options.workingDirectory ?? tempDirectory);
  const variables: Readonly<Record<string, string>> = {
    ...buildVariables,
    'Agent.TempDirectory': tempDirectory,
    'System.DefaultWorkingDirectory': cwd,
    ...options.variables,
  };
  const { inputs = {}, endpoints = [], secretVariables = {}, taskVariables = {} } = options;
  const { masker = new SecretMasker() } = options;
  const settings = { definition, inputs, endpoints, variables, secretVariables, taskVariables };

  const waiting = new Set<(line: string) => void>();
  const debug = variables['System.Debug']?.toLowerCase() === 'true';
  const record = new StepRecord(definition, masker, debug, line => {
    onLine?.(line);
    for (const hear of waiting) hear(line);
  });
  const child = new NodeProcess({
    nodePath,
    script: join(resolve(taskDir), target),
    cwd,
    environment: environmentOf(settings, masker),
    onLine: line => record.take(line),
    timeLimit,
    patience: patienceOf(variables),
  });
  const finished = child.finished
    .then(end => conclude(record, end, child.cancelled))
    .finally(() => {
      if (options.tempDirectory === undefined) rmSync(tempDirectory, { recursive: true, force: true });
    });
  return {
    finished,
    pid: child.pid,
    cancel: () => child.cancel(),
    kill: () => child.kill(),
    abandon: () => child.abandon(),
    gone: child.gone,
    line: pattern => {
      const told = record.lines.find(line => pattern.test(line));
      if (told !== undefined) return Promise.resolve(told);
      return new Promise((found, missed) => {
        waiting.add(line => pattern.test(line) && found(line));
        const noLine = () => new Error(`No line ${pattern} in:\n${record.lines.join('\n')}`);
        finished.then(() => missed(noLine()), missed);
      });
    },
  };
}

/** Runs one phase of the task, and cancels it after so many milliseconds where told. */
export async function runStep(
  options: PhaseOptions & { readonly cancelAfter?: number },
): Promise<StepResult> {
  const step = startStep(options);
  const timer =
    options.cancelAfter === undefined ? undefined : setTimeout(() => void step.cancel(), options.cancelAfter);
  return await step.finished.finally(() => clearTimeout(timer));
}

export interface JobOptions extends StepOptions {
  /** Called when the main step has started: to wait for a line, cancel or kill it. */
  readonly during?: (step: RunningStep) => void | Promise<void>;
  /** Called between the main step and the post-job step, while the job's files are still there. */
  readonly afterMain?: (main: StepResult, tempDirectory: string) => void | Promise<void>;
}

export interface JobResult {
  readonly main: StepResult;
  /** Absent where the task has no post-job entry. */
  readonly postJob?: StepResult;
  readonly result: TaskResult;
}

/** A job of this one step: the main entry and then, whatever became of it, the post-job entry with its task variables. */
export async function runJob(options: JobOptions): Promise<JobResult> {
  const tempDirectory = makeTempDirectory();
  try {
    const masker = new SecretMasker();
    const step = startStep({ ...options, tempDirectory, masker });
    const during = options.during?.(step);
    const main = await step.finished;
    await during;
    await options.afterMain?.(main, tempDirectory);
    if (targetOf(readTaskDefinition(options.taskDir), 'postjobexecution') === undefined) {
      return { main, result: main.result };
    }
    const postJob = await runStep({
      ...options,
      phase: 'postjobexecution',
      tempDirectory,
      masker,
      taskVariables: main.taskVariables,
      variables: { ...options.variables, 'Agent.JobStatus': main.result },
    });
    const results = [main.result, postJob.result];
    const worst = (['Canceled', 'Failed', 'SucceededWithIssues'] as const).find(result =>
      results.includes(result),
    );
    return { main, postJob, result: worst ?? 'Succeeded' };
  } finally {
    rmSync(tempDirectory, { recursive: true, force: true });
  }
}

function makeTempDirectory(): string {
  mkdirSync(tmpdir(), { recursive: true });
  return mkdtempSync(join(tmpdir(), 'agent-temp-'));
}

/** How long the agent waits after each signal (facts/azure.md 5), in milliseconds; these variables of a pipeline change it. */
export function patienceOf(
  variables: Readonly<Record<string, string>>,
): Record<'SIGINT' | 'SIGTERM', number> {
  return {
    SIGINT: Number(variables.PROCESS_SIGINT_TIMEOUT ?? 7_500),
    SIGTERM: Number(variables.PROCESS_SIGTERM_TIMEOUT ?? 2_500),
  };
}
