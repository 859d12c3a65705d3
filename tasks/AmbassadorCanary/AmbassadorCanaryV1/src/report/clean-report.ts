import type { Report } from './report.ts';

/** Fields in which only words and times of our own stand: a secret that happens to be one of them must not break the report. */
const own = new Set([
  'id',
  'state',
  'outcome',
  'result',
  'kind',
  'unit',
  'at',
  'startedAt',
  'updatedAt',
  'endedAt',
]);

/** The report with each text that may come from outside as `clean` makes it: harmless, and without secrets. */
export function cleanReport(report: Report, clean: (text: string) => string): Report {
  const { verdict, tool, ...rest } = report;
  return { ...(cleaned(rest, clean) as Omit<Report, 'verdict' | 'tool'>), tool, verdict: clean(verdict) };
}

function cleaned(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map(item => cleaned(item, clean));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      // The verdict of all is a sentence and not among these.
      own.has(key) || key === 'verdict' ? item : cleaned(item, clean),
    ]),
  );
}
