import { Duration } from '../release/duration.ts';
import type { StampedEvent } from '../release/events.ts';
import type { Step } from '../release/spec.ts';

/** What a release waits for. Times are in milliseconds since the epoch. */
export interface Awaited {
  /** `step`: its time; `other`: something that may come earlier. */
  readonly kind: 'step' | 'other';
  readonly what: string;
  readonly since: number;
  /** Until when, at the latest. */
  readonly until?: number;
}

/** What is awaited after an event, in the step that is under way. Pure. */
export function awaitedAfter(
  awaited: Awaited | undefined,
  event: StampedEvent,
  step: Step | undefined,
): Awaited | undefined {
  const { at } = event;
  switch (event.type) {
    case 'waiting': {
      const { what, atMost = Duration.zero } = event;
      // A rollout tells of each pod: it is one wait, and has one limit.
      const since = awaited?.kind === 'other' ? awaited.since : at;
      const until = atMost.milliseconds > 0 && { until: since + atMost.milliseconds };
      return { kind: 'other', what, since, ...until };
    }
    case 'weight-set':
      return (
        step && { kind: 'step', what: `${event.weight}`, since: at, until: at + step.pause.milliseconds }
      );
    case 'step-extended':
      return awaited && { ...awaited, until: awaited.since + event.until.milliseconds };
    case 'measured':
    case 'notice':
    case 'warning':
    case 'counted':
    case 'failed':
      return awaited;
    case 'planned':
    case 'phase':
    case 'applied':
    case 'deleted':
    case 'ready':
    case 'step-started':
    case 'step-ended':
    case 'stopped':
    case 'ended':
      return undefined;
  }
}

/** What a release that has said nothing for long is about, and until when: `  waiting  at 25 % until 03:14:05 UTC, 2m30s left`. */
export function waitingText(awaited: Awaited | undefined, doing: string, now: number): string {
  if (awaited === undefined) return `  waiting  still at: ${doing}`;
  const { kind, what, since, until } = awaited;
  const lasted = `${wholeSeconds(now - since)} so far`;
  if (until === undefined) return `  waiting  ${what}, ${lasted}`;
  const clock = `${new Date(until).toISOString().slice(11, 19)} UTC`;
  if (kind === 'other') return `  waiting  ${what}, ${lasted}, until ${clock} at the latest`;
  return now < until
    ? `  waiting  at ${what} until ${clock}, ${wholeSeconds(until - now)} left`
    : `  waiting  at ${what}, whose time ended at ${clock}`;
}

function wholeSeconds(milliseconds: number): string {
  return Duration.seconds(Math.round(Math.max(0, milliseconds) / 1_000)).toString();
}
