import type { ReportCheck, ReportPoint, ReportStep } from '../report.ts';
import { counted, elapsed, percent } from '../words.ts';
import { chart } from './chart.ts';
import { el } from './dom.ts';
import { legend } from './legend.ts';

/** The chart as something to walk through: arrows go from one measurement to the next, and each is read out. */
export function walkable(
  check: ReportCheck,
  steps: readonly ReportStep[],
  span: readonly [number, number],
): HTMLElement {
  const { points } = check;
  const readout = el('p', { class: 'readout', 'aria-hidden': 'true' });
  const walker = el('div', {
    class: 'walker',
    tabindex: 0,
    role: 'slider',
    'aria-label': `${check.name}: ${counted(points.length, 'measurement')}`,
    'aria-valuemin': 1,
    'aria-valuemax': points.length,
    'data-key': `walker ${check.name}`,
  });
  const draw = (width: number) => {
    const laidOut = chart(check, steps, span, width);
    walker.replaceChildren(laidOut.picture);
    return laidOut;
  };
  let drawn = draw(560);
  let current = points.length - 1;
  const go = (index: number, show = true) => {
    current = Math.min(points.length - 1, Math.max(0, index));
    const point = points[current];
    if (point === undefined) return;
    const text = spoken(point, span[0]);
    walker.setAttribute('aria-valuenow', String(current + 1));
    walker.setAttribute('aria-valuetext', text);
    readout.textContent = text;
    const x = show ? (drawn.geometry.positions[current] ?? -9) : -9;
    const cursor = drawn.picture.querySelector('.cursor');
    cursor?.setAttribute('x1', String(x));
    cursor?.setAttribute('x2', String(x));
  };
  walker.addEventListener('keydown', event => {
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: current - 1,
      ArrowDown: current - 1,
      ArrowRight: current + 1,
      ArrowUp: current + 1,
      PageDown: current - 10,
      PageUp: current + 10,
      Home: 0,
      End: points.length - 1,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  walker.addEventListener('pointermove', event => {
    const box = drawn.picture.getBoundingClientRect();
    const x = ((event.clientX - box.left) / Math.max(1, box.width)) * drawn.geometry.width;
    go(nearest(drawn.geometry.positions, x));
  });
  const leave = () => go(points.length - 1, false);
  walker.addEventListener('pointerleave', leave);
  walker.addEventListener('blur', leave);
  leave();
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry?.contentRect.width ?? 0);
    if (width === 0 || width === drawn.geometry.width) return;
    drawn = draw(width);
    go(current, false);
  }).observe(walker);
  return el('div', {}, walker, legend(check), readout);
}

function nearest(positions: readonly number[], x: number): number {
  return positions.reduce((best, at, index) => {
    return Math.abs(at - x) < Math.abs((positions[best] ?? Infinity) - x) ? index : best;
  }, 0);
}

function spoken({ at, weight, text, verdict, requests, detail }: ReportPoint, from: number): string {
  return [
    elapsed(Date.parse(at) - from),
    `at ${percent(weight)}`,
    text,
    requests !== undefined && requests > 0 && counted(requests, 'request'),
    verdict,
    // A pass is all that has to be said.
    verdict !== 'pass' && detail,
  ]
    .filter(Boolean)
    .join(' · ');
}
