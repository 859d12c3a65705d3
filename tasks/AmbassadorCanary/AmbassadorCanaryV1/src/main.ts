import * as agent from 'azure-pipelines-task-lib/task.js';
import { Commands } from './azure/commands.ts';
import { reportedRun } from './azure/report-run.ts';
import { runIdentity } from './azure/run-identity.ts';
import { cancelOnSignals } from './azure/signals.ts';
import { LiveReport } from './live-report.ts';
import { PipelineLog } from './pipeline-log.ts';
import { toCanaryErrors } from './release/errors.ts';
import { type Ending, isSuccess } from './release/outcome.ts';
import { releaseFromInputs } from './release-from-inputs.ts';
import type { Surroundings } from './surroundings.ts';
import { SystemClock } from './system-clock.ts';

/** The step's entry: reads the inputs, runs the release, sets the result. The process always exits with 0 (facts/azure.md 5). */
export async function main(): Promise<void> {
  const clock = new SystemClock();
  const commands = new Commands();
  const { signal } = cancelOnSignals();
  const read = (name: string) => agent.getVariable(name);
  const report = new LiveReport(commands, clock, reportedRun(read));
  const log = new PipelineLog(commands, clock, signal, journal => report.note(journal));
  const over = new AbortController();
  void log.breakSilence(over.signal);
  const ending = await run({ commands, clock, log, report, run: runIdentity(read) });
  over.abort();
  await report.end(log.journal);
  end(commands, ending);
  exitSoon();
}

/** The release, or the end of one that could not begin. */
async function run(around: Surroundings): Promise<Ending> {
  const { log } = around;
  try {
    return await releaseFromInputs(around);
  } catch (thrown) {
    const errors = toCanaryErrors(thrown);
    const coded = errors.map(error => error.coded);
    const reason = errors.length > 1 ? `${errors.length} errors, all told above` : coded.join('');
    const outcome = log.cancelled.aborted ? 'cancelled' : 'failed';
    const ending: Ending = { outcome, reason, weight: 0, leftovers: [] };
    log.tell({ type: 'failed', errors });
    log.tell({ type: 'ended', ending });
    return ending;
  }
}

/** A server that still hangs (a query that was overtaken by a cancel) must not keep the agent waiting for a step that has ended. */
function exitSoon(): void {
  setTimeout(() => process.exit(0), 1_000).unref();
}

function end(commands: Commands, ending: Ending): void {
  commands.output('outcome', ending.outcome);
  commands.output('weight', String(ending.weight));
  commands.output('failedStep', ending.failedStep ?? '');
  commands.output('failedCheck', ending.failedCheck ?? '');
  commands.output('reason', ending.reason);
  const success = ending.leftovers.length > 0 ? 'SucceededWithIssues' : 'Succeeded';
  commands.complete(isSuccess(ending.outcome) ? success : 'Failed', `${ending.outcome}: ${ending.reason}`);
}
