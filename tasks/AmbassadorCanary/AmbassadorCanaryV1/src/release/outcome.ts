/** How a release ended. The first six are success for the pipeline, the rest failure. */
export const successfulOutcomes = [
  'promoted',
  'unchanged',
  'first-release',
  'live',
  'planned',
  'rejected',
] as const;
export const failedOutcomes = ['rolled-back', 'held', 'cancelled', 'failed'] as const;

export type Outcome = (typeof successfulOutcomes)[number] | (typeof failedOutcomes)[number];

/** The end of a release, in the words that the last line of the log uses. */
export interface Ending {
  readonly outcome: Outcome;
  /** Why, in one sentence that names step, check, value and limit where there are such. */
  readonly reason: string;
  /** The canary's share of requests that is left behind; 0 but for outcomes that keep it. */
  readonly weight: number;
  readonly failedStep?: string;
  readonly failedCheck?: string;
  /** What is unverified or left over: makes a success SucceededWithIssues. */
  readonly leftovers: readonly string[];
}

/** Whether the step succeeds with this end. */
export function isSuccess(outcome: Outcome): boolean {
  return (successfulOutcomes as readonly string[]).includes(outcome);
}
