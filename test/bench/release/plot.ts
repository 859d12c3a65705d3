/** One line of a plot: a value for each size. */
export interface Series {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly (readonly [size: number, value: number])[];
}

const panel = { width: 300, height: 200, left: 56, top: 34, bottom: 36, gap: 36 };

/** Panels side by side, each with its own axis from 0, as an SVG that is read on light and dark pages. */
export function plotOf(all: readonly Series[], xTitle: string): string {
  const width = all.length * (panel.width + panel.gap);
  const height = panel.top + panel.height + panel.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>What a release costs, by the number of its workloads</title>',
    '<style>text{fill:#555}.axis{stroke:#888;fill:none}.line{stroke:#0f7bb8;fill:none;stroke-width:2}.dot{fill:#0f7bb8}',
    '@media(prefers-color-scheme:dark){text{fill:#bbb}.line{stroke:#5db4ec}.dot{fill:#5db4ec}}</style>',
    ...all.map((series, index) => drawn(series, index * (panel.width + panel.gap), xTitle)),
    '</svg>',
    '',
  ].join('\n');
}

function drawn({ title, unit, points }: Series, offset: number, xTitle: string): string {
  const largest = Math.max(...points.map(([size]) => size));
  const highest = niceAbove(Math.max(...points.map(([, value]) => value)));
  const wide = panel.width - panel.left;
  const bottom = panel.top + panel.height;
  const x = (size: number) => round(panel.left + (size / largest) * wide);
  const y = (value: number) => round(bottom - (value / highest) * panel.height);
  const line = points.map(([size, value]) => `${x(size)},${y(value)}`).join(' ');
  return [
    `<g transform="translate(${offset} 0)">`,
    `<text x="${panel.left}" y="18" font-weight="bold">${title}</text>`,
    `<path class="axis" d="M${panel.left} ${panel.top}V${bottom}H${panel.width}"/>`,
    ...[0, highest / 2, highest].map(
      value => `<text x="${panel.left - 6}" y="${y(value) + 4}" text-anchor="end">${value}${unit}</text>`,
    ),
    ...points.map(
      ([size, value]) =>
        `<circle class="dot" cx="${x(size)}" cy="${y(value)}" r="3.5"><title>${size}: ${value}${unit}</title></circle>`,
    ),
    ...[0, largest / 2, largest].map(
      size => `<text x="${x(size)}" y="${bottom + 16}" text-anchor="middle">${size}</text>`,
    ),
    `<text x="${panel.left + wide / 2}" y="${bottom + 32}" text-anchor="middle">${xTitle}</text>`,
    `<polyline class="line" points="${line}"/>`,
    '</g>',
  ].join('\n');
}

/** The next of 1, 2, 4, 5, 8 with any number of zeros. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return ([1, 2, 4, 5, 8].find(factor => factor * power >= value) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
