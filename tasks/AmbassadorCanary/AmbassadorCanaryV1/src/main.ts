import * as agent from 'azure-pipelines-task-lib/task.js';
import { Commands } from './azure/commands.ts';
import { runIdentity } from './azure/run-identity.ts';
import { cancelOnSignals } from './azure/signals.ts';
import { PipelineLog } from './pipeline-log.ts';
import { toCanaryErrors } from './release/errors.ts';
import { type Ending, isSuccess } from './release/outcome.ts';
import { releaseFromInputs } from './release-from-inputs.ts';
import { SystemClock } from './system-clock.ts';

/** The step's entry: reads the inputs, runs the release, sets the result. The process always exits with 0 (facts/azure.md 5). */
export async function main(): Promise<void> {
  const clock = new SystemClock();
  const commands = new Commands();
  const { signal } = cancelOnSignals();
  const log = new PipelineLog(commands, clock, signal);
  const run = runIdentity(name => agent.getVariable(name));
  try {
    end(commands, await releaseFromInputs({ commands, clock, log, run }));
  } catch (thrown) {
    const errors = toCanaryErrors(thrown).map(error => error.coded);
    if (errors.length > 1) for (const error of errors) commands.error(error);
    const reason = errors.length > 1 ? `${errors.length} errors, all told above` : errors.join('');
    end(commands, { outcome: signal.aborted ? 'cancelled' : 'failed', reason, weight: 0, leftovers: [] });
  }
  exitSoon();
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
