import type { Commands } from './azure/commands.ts';
import { asRecord } from './release/kube-object.ts';

/** What the post-job guard needs to finish the report of a step that could not. */
export interface ReportWord {
  readonly path: string;
  /** Whether the Tests tab gets it. */
  readonly tests: boolean;
}

/** The task variable that holds it. */
const variable = 'ambassadorCanaryReport';

/** Tells the guard of this job where the report is. */
export function leaveWord(commands: Commands, word: ReportWord): void {
  commands.setTaskVariable(variable, JSON.stringify(word));
}

/** What the step left, if it came to that. */
export function readWord(commands: Commands): ReportWord | undefined {
  const { path, tests } = asRecord(JSON.parse(commands.taskVariable(variable) ?? 'null')) ?? {};
  return typeof path === 'string' ? { path, tests: tests === true } : undefined;
}
