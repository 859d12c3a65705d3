import type { Ending } from '../release/outcome.ts';
import type { Plan } from '../release/plan.ts';
import { wholeNumber } from '../release/whole-number.ts';
import type { UsersTouched } from './journal.ts';
import { outcomeWords } from './report.ts';

/** The end in one sentence: `Rolled back: At 10 %: success-rate 91.3 % (limit ≥ 99 %)`. */
export function endingText({ outcome, reason }: Pick<Ending, 'outcome' | 'reason'>): string {
  return `${outcomeWords[outcome]}: ${reason}`;
}

interface Ended extends Pick<Ending, 'outcome' | 'weight' | 'leftovers'> {
  /** What kind of release it was; absent where it did not come to a plan. */
  readonly kind?: Plan['kind'];
  /** Something was written. */
  readonly hasWritten: boolean;
}

/** What is true of the app now that the release has ended, as a sentence: is it over? */
export function nowText({ outcome, weight, leftovers, kind, hasWritten }: Ended): string {
  switch (outcome) {
    case 'promoted':
      return 'The new version is stable.';
    case 'first-release':
      return 'The app runs for the first time.';
    case 'live':
      return `The canary is live and gets ${weight} % of the requests.`;
    case 'held':
      return 'All requests go to stable, and the canary is kept for a look.';
    case 'planned':
    case 'unchanged':
      return 'Nothing was changed.';
    case 'rejected':
    case 'rolled-back':
    case 'cancelled':
    case 'failed':
      if (weight > 0) return `The canary still gets ${weight} % of the requests.`;
      if (!hasWritten) return 'Nothing was changed.';
      if (leftovers.length > 0) return 'No request goes to a canary, but something is left over.';
      return kind === 'canary'
        ? 'All requests go to stable, and the canary is gone.'
        : 'What was new is gone again.';
  }
}

/** `1 204 requests, 37 failed`, or that nobody knows. */
export function usersText(users: UsersTouched | undefined): string {
  if (users === undefined) return 'how many is not known, for nobody counted the requests of the canary';
  const least = users.atLeast === true ? 'at least ' : '';
  return `${least}${wholeNumber(users.requests)} requests, ${wholeNumber(users.failed)} failed`;
}
