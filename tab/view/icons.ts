import type { ReportStep } from '../report.ts';
import type { Tone } from '../words.ts';
import { svg } from './dom.ts';

/** Paths in a square of 16, drawn as lines; words beside them say the same. */
const paths = {
  success: 'M3.5 8.5l3 3 6-7',
  issues: 'M8 4v5M8 11.7v.3',
  failure: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  running: 'M8 4.5V8l2.5 1.5',
  lost: 'M6 6.2a2 2 0 1 1 2.9 1.8c-.7.4-.9.7-.9 1.4M8 11.7v.3',
  pass: 'M3.5 8.5l3 3 6-7',
  fail: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  inconclusive: 'M4 8h8',
  error: 'M8 4v5M8 11.7v.3',
  planned: '',
  cancelled: 'M5 5h6v6H5z',
} as const satisfies Record<Tone | ReportStep['verdict'], string>;

/** A sign in a circle for a tone or a verdict. Hidden from screen readers: the word stands beside it. */
export function icon(name: keyof typeof paths): SVGSVGElement {
  return svg(
    'svg',
    { class: `icon icon-${name}`, viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    svg('circle', { cx: 8, cy: 8, r: 7.25 }),
    svg('path', { d: paths[name] }),
  );
}
