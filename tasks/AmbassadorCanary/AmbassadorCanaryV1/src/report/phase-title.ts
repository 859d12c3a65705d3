import type { Phase } from '../release/events.ts';

const titles: Readonly<Record<Phase, string>> = {
  starting: 'Starting the canary, without traffic',
  stepping: 'The canary is ready',
  promoting: 'Promoting: stable gets the new version, the canary keeps its share until that is ready',
  'rolling-back': 'Rolling back',
};

/** What begins now, and why, as a heading. */
export function phaseTitle(phase: Phase, reason?: string): string {
  return reason === undefined ? titles[phase] : `${titles[phase]}: ${reason}`;
}
