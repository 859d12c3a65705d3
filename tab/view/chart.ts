import { type Geometry, layOut } from '../chart/geometry.ts';
import type { ReportCheck, ReportStep } from '../report.ts';
import { elapsed, percent } from '../words.ts';
import { svg } from './dom.ts';

const height = 176;

/** The picture of one check: weight behind, limit, stable and canary before it. What it shows is told in words beside it. */
export function chart(
  check: ReportCheck,
  steps: readonly ReportStep[],
  span: readonly [number, number],
  width: number,
): { readonly picture: SVGSVGElement; readonly geometry: Geometry } {
  const geometry = layOut(check, steps, span, [width, height]);
  const { plot } = geometry;
  const picture = svg(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true', focusable: 'false' },
    ...weights(geometry),
    ...geometry.valueTicks.flatMap(({ at, value }) => [
      svg('line', { class: 'grid', x1: plot.left, x2: plot.right, y1: at, y2: at }),
      svg(
        'text',
        { x: plot.left - 8, y: at + 4, 'text-anchor': 'end' },
        `${value.toFixed(geometry.digits)}${check.unit === '' ? '' : ` ${check.unit}`}`,
      ),
    ]),
    ...geometry.timeTicks.map(({ at, value }) =>
      // One at the edge stays inside.
      svg('text', { x: Math.min(at, width - 16), y: height - 6, 'text-anchor': 'middle' }, elapsed(value)),
    ),
    svg('path', { class: 'line limit', d: geometry.limit }),
    svg('path', { class: 'line stable', d: geometry.stable }),
    svg('path', { class: 'line canary', d: geometry.canary }),
    ...geometry.markers.map(({ x, y, verdict }) => marker(x, y, verdict)),
    svg('line', { class: 'cursor', x1: -9, x2: -9, y1: plot.top, y2: plot.bottom }),
  );
  return { picture, geometry };
}

function weights({ weight, plot }: Geometry) {
  return weight.flatMap(({ x, width, y, weight: share }) => [
    svg('rect', { class: 'weight', x, y, width: Math.max(0, width), height: plot.bottom - y }),
    // A label needs its room.
    ...(width > 34
      ? [svg('text', { class: 'weight-label', x: x + 4, y: plot.bottom - 5 }, percent(share))]
      : []),
  ]);
}

/** Each verdict has a shape of its own, for those who see no difference between the colours. */
function marker(x: number, y: number, verdict: string): SVGElement {
  if (verdict === 'fail')
    return svg('path', { class: 'marker fail', d: `M${x - 4} ${y - 4}l8 8M${x + 4} ${y - 4}l-8 8` });
  if (verdict === 'pass') return svg('circle', { class: 'marker pass', cx: x, cy: y, r: 2.5 });
  return svg('rect', { class: 'marker open', x: x - 3, y: y - 3, width: 6, height: 6 });
}
