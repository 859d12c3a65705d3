import type { Report } from './report.ts';

/** The report with each of its texts as `clean` makes it: harmless, and without secrets. */
export function cleanReport(report: Report, clean: (text: string) => string): Report {
  return cleaned(report, clean) as Report;
}

function cleaned(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map(item => cleaned(item, clean));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleaned(item, clean)]));
}
