import { isSplit, type ReportCheck, type ReportPoint } from '../report.ts';
import { el } from './dom.ts';

/** What the lines and signs of a chart mean. Hidden from screen readers, as the chart is. */
export function legend({ name, points }: ReportCheck): HTMLElement {
  const entry = (kind: string, text: string, sign = '') =>
    el('li', {}, el('span', { class: `key ${kind}` }, sign), text);
  const isOpen = ({ verdict, value }: ReportPoint) =>
    value !== undefined && verdict !== 'pass' && verdict !== 'fail';
  return el(
    'ul',
    { class: 'legend', 'aria-hidden': 'true' },
    entry('canary', 'canary'),
    points.some(({ stable }) => stable !== undefined) && entry('stable', 'stable'),
    points.some(({ limit }) => limit !== undefined) && entry('limit', isSplit(name) ? 'asked' : 'limit'),
    entry('weight', 'weight'),
    points.some(({ verdict }) => verdict === 'fail') && entry('fail', 'failed', '×'),
    points.some(isOpen) && entry('open', 'not clear', '□'),
  );
}
