import type { Report } from './report.ts';

/** An attachment of ours that cannot be shown as a report, and why. */
export interface Unreadable {
  readonly name: string;
  readonly reason: string;
  /** Its start. */
  readonly text: string;
}

/** What a look at the run has found. */
export interface Found {
  readonly reports: readonly Report[];
  readonly unreadable: readonly Unreadable[];
  /** Nobody is at work on the run any more: what is not there by now never comes. */
  readonly runEnded: boolean;
}

/** The four things that the page can have to say, and none of them looks like another. */
export type PageState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'nothing'; readonly runEnded: boolean; readonly trouble?: string }
  | {
      readonly kind: 'shown';
      readonly found: Found;
      /** Why the last look has failed, while an earlier one is still shown. */
      readonly trouble?: string;
    };

/** Of each release what was written last, the newest release first. Reports with one id are writings of one report. */
export function latestReports(reports: readonly Report[]): readonly Report[] {
  const latest = new Map<string, Report>();
  for (const report of reports) {
    const known = latest.get(report.id);
    if (known === undefined || known.revision < report.revision) latest.set(report.id, report);
  }
  return [...latest.values()].toSorted(
    (a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt) || b.run.attempt - a.run.attempt,
  );
}
