import type { ReportCheck, ReportPoint } from '../report.ts';
import { clockTime, counted, elapsed, percent } from '../words.ts';
import { el } from './dom.ts';

/** What the chart shows, for those who do not see it or want the numbers. Made when it is first opened: 500 rows cost. */
export function measurements({ name, points, pointsLeftOut }: ReportCheck, from: number): HTMLElement {
  const box = el(
    'details',
    { 'data-key': `table ${name}` },
    el('summary', {}, `${counted(points.length, 'measurement')} as a table`),
  );
  const stable = points.some(point => point.stable !== undefined);
  box.addEventListener(
    'toggle',
    () => {
      box.append(
        el(
          'div',
          {
            class: 'scroll measurements',
            tabindex: 0,
            role: 'region',
            'aria-label': `${name}, all measurements`,
          },
          el(
            'table',
            {},
            el(
              'thead',
              {},
              el(
                'tr',
                {},
                ...[
                  'Time',
                  'Clock',
                  'Weight',
                  'Canary',
                  ...(stable ? ['Stable'] : []),
                  'Requests',
                  'Verdict',
                ].map(title => el('th', { scope: 'col' }, title)),
              ),
            ),
            el('tbody', {}, ...points.map(point => tableRow(point, from, stable))),
          ),
        ),
        pointsLeftOut > 0
          ? el(
              'p',
              { class: 'quiet' },
              `${counted(pointsLeftOut, 'more measurement')} left out of the report.`,
            )
          : '',
      );
    },
    { once: true },
  );
  return box;
}

function tableRow(point: ReportPoint, from: number, withStable: boolean): HTMLElement {
  const { at, weight, text, stable, requests, verdict, detail } = point;
  const cell = (content: string | undefined) => el('td', {}, content ?? '–');
  return el(
    'tr',
    {},
    cell(elapsed(Date.parse(at) - from)),
    cell(clockTime(at)),
    cell(percent(weight)),
    cell(text),
    withStable && cell(stable === undefined ? undefined : String(Number(stable.toFixed(2)))),
    cell(requests === undefined ? undefined : String(requests)),
    cell(detail === undefined ? verdict : `${verdict}: ${detail}`),
  );
}
