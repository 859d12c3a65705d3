import type { Report } from '../report.ts';
import { clockTime, headlineOf } from '../words.ts';
import { el } from './dom.ts';
import { icon } from './icons.ts';

/** All releases, stages and attempts of the run, to choose one; nothing where there is only one. */
export function releaseList(
  reports: readonly Report[],
  chosen: string,
  runEnded: boolean,
  choose: (id: string) => void,
): HTMLElement | undefined {
  if (reports.length < 2) return undefined;
  return el(
    'nav',
    { class: 'releases', 'aria-label': 'Releases of this run' },
    el(
      'ul',
      {},
      ...reports.map(report => el('li', {}, button(report, report.id === chosen, runEnded, choose))),
    ),
  );
}

function button(
  report: Report,
  current: boolean,
  runEnded: boolean,
  choose: (id: string) => void,
): HTMLElement {
  const { id, release, run, startedAt } = report;
  const { tone, title } = headlineOf(report, runEnded);
  const place = [run.stage, run.job, `attempt ${run.attempt}`, clockTime(startedAt)]
    .filter(Boolean)
    .join(' · ');
  const made = el(
    'button',
    { type: 'button', class: `tone-${tone}`, 'aria-current': current && 'true', 'data-key': `release ${id}` },
    icon(tone),
    el(
      'span',
      {},
      el('strong', {}, release.name === '' ? release.action : release.name),
      el('span', {}, title),
      el('span', { class: 'quiet' }, place),
    ),
  );
  made.addEventListener('click', () => choose(id));
  return made;
}
