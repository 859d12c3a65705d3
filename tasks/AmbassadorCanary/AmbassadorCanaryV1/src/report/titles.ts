import type { Phase, ReleaseEvent } from '../release/events.ts';

const titles: Readonly<Record<Phase, string>> = {
  starting: 'Starting the canary, without traffic',
  stepping: 'The canary is ready',
  promoting: 'Promoting: stable gets the new version, the canary keeps its share until that is ready',
  'rolling-back': 'Rolling back',
};

/** The whole reason of an end stands in the error that ends the step. */
const longestReason = 300;

/** What begins now, and why, as a heading. */
export function phaseTitle(phase: Phase, reason?: string): string {
  if (reason === undefined) return titles[phase];
  const cut = reason.length > longestReason ? `${reason.slice(0, longestReason)}…` : reason;
  return `${titles[phase]}: ${cut}`;
}

/** `Step 2 of 3: 25 % for 5m` */
export function stepTitle({ index, of, step }: Extract<ReleaseEvent, { type: 'step-started' }>): string {
  return `Step ${index + 1} of ${of}: ${step.weight} for ${step.pause}`;
}
