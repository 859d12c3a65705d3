import type { ReleaseEvent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import {
  emptyJournal,
  fold,
  type Journal,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/journal.ts';
import type { Line } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/line.ts';
import { logLines } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/log-lines.ts';

/** The journal of these events. */
export function journalOf(...events: readonly ReleaseEvent[]): Journal {
  return events.reduce((journal, event) => fold(journal, { ...event, at: 0 }), emptyJournal);
}

/** All that the log says of these events, one after the other. */
export function linesOf(...events: readonly ReleaseEvent[]): readonly Line[] {
  return events.flatMap((event, index) =>
    logLines({ ...event, at: 0 }, journalOf(...events.slice(0, index + 1))),
  );
}

/** The log as text, with the marks that the pipeline gives its lines. */
export function logOf(...events: readonly ReleaseEvent[]): string {
  return linesOf(...events)
    .map(({ kind, text }) => (kind === 'text' ? text : `##[${kind.toLowerCase()}]${text}`))
    .join('\n');
}
