import type { Commands } from './azure/commands.ts';
import type { LiveReport } from './live-report.ts';
import type { PipelineLog } from './pipeline-log.ts';
import type { Clock } from './release/ports.ts';
import type { RunIdentity } from './release/record.ts';

/** What a release needs of the step around it. */
export interface Surroundings {
  readonly commands: Commands;
  readonly clock: Clock;
  readonly log: PipelineLog;
  readonly report: LiveReport;
  readonly run: RunIdentity;
}
