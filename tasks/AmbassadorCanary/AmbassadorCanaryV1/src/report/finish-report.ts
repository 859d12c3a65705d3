import { endingText } from './ending-text.ts';
import type { Journal } from './journal.ts';
import { iso } from './limits.ts';
import { timelineEntry } from './make-report.ts';
import type { Report } from './report.ts';

/** What the guard found of a step that ended before its release did, and what it made of it. */
export interface Aftermath {
  readonly now: number;
  /** The run was cancelled. */
  readonly cancelled: boolean;
  /** What became of the canary, in one sentence: `The step was killed; its canary was taken back after the job`. */
  readonly reason: string;
  /** Absent where it stays what it was. */
  readonly weight?: number;
  /** What the guard did. */
  readonly journal: Journal;
}

/** Of the guard's own story: the least of it is longer. */
const most = 50;

/**
 * The report that a step left, with what the guard did after it. One that is of a release under way ends: nobody else will end it.
 * One that had ended keeps its outcome, and only what is true of the canary changes.
 */
export function finishReport(report: Report, aftermath: Aftermath): Report {
  const { now, cancelled, reason, weight = report.weight, journal } = aftermath;
  const at = iso(now);
  const outcome = cancelled ? 'cancelled' : 'failed';
  const verdict = endingText({ outcome, reason });
  const told = { at, kind: 'ended', text: reason, weight } as const;
  const after = {
    ...report,
    revision: report.revision + 1,
    updatedAt: at,
    weight,
    timeline: [...report.timeline, ...journal.timeline.slice(-most).map(timelineEntry), told],
    issues: [...report.issues, ...journal.issues.slice(-most)],
  };
  if (report.state === 'ended') return after;
  return {
    ...after,
    state: 'ended',
    endedAt: at,
    outcome,
    result: 'failure',
    verdict,
    steps: report.steps.map(step =>
      step.verdict === 'running' ? { ...step, verdict: 'cancelled' as const } : step,
    ),
  };
}
