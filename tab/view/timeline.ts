import type { Report, TimelineEntry } from '../report.ts';
import { clockTime, counted, elapsed } from '../words.ts';
import { el } from './dom.ts';

/** What was written when. Folded where it is long, except while somebody may be waiting for its end. */
export function timeline({ timeline: entries, timelineLeftOut, startedAt }: Report): HTMLElement | undefined {
  if (entries.length === 0) return undefined;
  const from = Date.parse(startedAt);
  const lines = el('ol', { class: 'timeline' }, ...entries.map(entry => line(entry, from)));
  return el(
    'section',
    { 'aria-labelledby': 'timeline' },
    el('h2', { id: 'timeline' }, 'What happened when'),
    el(
      'details',
      { 'data-key': 'timeline', open: entries.length <= 40 },
      el(
        'summary',
        {},
        timelineLeftOut === 0
          ? counted(entries.length, 'entry', 'entries')
          : `${counted(entries.length, 'entry', 'entries')}; ${counted(timelineLeftOut, 'more')} of the middle left out`,
      ),
      lines,
    ),
  );
}

function line({ at, kind, text }: TimelineEntry, from: number): HTMLElement {
  return el(
    'li',
    { class: `entry-${kind}` },
    el('time', { datetime: at, title: clockTime(at) }, elapsed(Date.parse(at) - from)),
    el('span', { class: 'kind' }, kind),
    el('span', { class: 'text' }, text),
  );
}
