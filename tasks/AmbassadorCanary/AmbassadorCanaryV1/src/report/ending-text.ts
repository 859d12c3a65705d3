import type { Ending, Outcome } from '../release/outcome.ts';

/** How a release ended, as a person would begin to tell it. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  promoted: 'Promoted',
  unchanged: 'Nothing to release',
  'first-release': 'Installed for the first time',
  live: 'The canary is live',
  planned: 'Planned',
  rejected: 'Rejected',
  'rolled-back': 'Rolled back',
  held: 'Held without traffic',
  cancelled: 'Cancelled',
  failed: 'Failed',
};

/** The end in one sentence: `Rolled back: At 10 %: success-rate 91.3 % (limit ≥ 99 %)`. */
export function endingText({ outcome, reason }: Pick<Ending, 'outcome' | 'reason'>): string {
  return `${outcomeWords[outcome]}: ${reason}`;
}
