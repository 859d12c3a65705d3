import type { ReportCheck, ReportStep } from '../report.ts';
import { drawnCheck } from '../split.ts';
import { el, link } from './dom.ts';
import { verdictWord } from './ladder.ts';
import { measurements } from './measurements.ts';
import { walkable } from './walker.ts';

/** One check over the whole release: its last answer, its chart, and all measurements as a table. */
export function checkCard(
  check: ReportCheck,
  steps: readonly ReportStep[],
  span: readonly [number, number],
  failed: boolean,
): HTMLElement {
  const { name, points, limit } = check;
  const last = points.at(-1);
  const card = el(
    'article',
    { class: failed ? 'check failed' : 'check', 'data-check': name },
    el(
      'div',
      { class: 'check-head' },
      el('h3', {}, name),
      last && verdictWord(last.verdict),
      el('p', { class: 'check-value' }, last?.text ?? 'not measured'),
      el('p', { class: 'quiet' }, [limit, stableText(check)].filter(Boolean).join('  ·  ')),
    ),
  );
  if (points.some(({ value }) => value !== undefined)) card.append(walkable(drawnCheck(check), steps, span));
  if (points.length > 0) card.append(measurements(check, span[0]));
  if (check.query !== undefined) card.append(query(check.query, check.url));
  return card;
}

function stableText({ points, unit }: ReportCheck): string | undefined {
  const stable = points.findLast(point => point.stable !== undefined)?.stable;
  return stable === undefined ? undefined : `stable ${Number(stable.toFixed(2))} ${unit}`.trim();
}

function query(text: string, url: string | undefined): HTMLElement {
  return el(
    'details',
    { 'data-key': `query ${text}` },
    el('summary', {}, 'Query'),
    el('pre', { tabindex: 0 }, text),
    url !== undefined && el('p', {}, link(url, 'Open in Prometheus')),
  );
}
