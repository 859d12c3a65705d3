import type { StampedEvent } from '../release/events.ts';
import { nameOf } from '../release/kube-object.ts';
import { endingText } from './ending-text.ts';
import type { TimelineEntry } from './report.ts';
import { phaseTitle, stepTitle } from './titles.ts';
import { weightTexts } from './weight-text.ts';

/** Something that happened, and the weight from then on where that changes. */
export interface Happening extends Pick<TimelineEntry, 'kind' | 'text'> {
  readonly at: number;
  readonly weight?: number;
}

/** What a reader wants to find later of an event. Empty for what only tells that time passes. */
export function happenings(event: StampedEvent): readonly Happening[] {
  const { at } = event;
  const one = (kind: Happening['kind'], text: string, weight?: number): readonly Happening[] => [
    { at, kind, text, ...(weight !== undefined && { weight }) },
  ];
  switch (event.type) {
    case 'phase':
      return one('phase', phaseTitle(event.phase, event.reason));
    case 'applied':
    case 'deleted':
      return one(event.type, [nameOf(event.object), event.note].filter(Boolean).join(', '));
    case 'step-started':
      return one('step', stepTitle(event));
    case 'weight-set':
      return one('weight', weightTexts(event).join('; '), event.weight.percent);
    case 'step-extended':
      return one('extended', `Staying at ${event.weight} until ${event.until.toClock()}: ${event.reason}`);
    case 'step-ended':
      return one('step', [`${event.step.weight}: ${event.verdict}`, event.reason].filter(Boolean).join(', '));
    case 'stopped':
      return one('stopped', 'No new request goes to the canary', 0);
    case 'warning':
      return one('warning', event.text);
    case 'failed':
      return event.errors.flatMap(error => one('error', error.coded));
    case 'ended':
      return one('ended', endingText(event.ending), event.ending.weight);
    case 'planned':
    case 'waiting':
    case 'ready':
    case 'measured':
    case 'counted':
    case 'notice':
      return [];
  }
}
