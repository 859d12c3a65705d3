import type { Commands } from './azure/commands.ts';
import { neutralise } from './azure/neutralise.ts';
import { fileMask } from './azure/plan-files.ts';
import { type ReportFiles, replaceFile } from './azure/report-files.ts';
import { cleanReport } from './report/clean-report.ts';
import { junitXml } from './report/junit.ts';
import { type Report, reportAttachment } from './report/report.ts';
import { summaryPage } from './report/summary.ts';

/** As long as a text of a report may be. */
const longestText = 2_000;

/** Writes a report into its file, harmless and without secrets, and resolves to it as it was written. */
export async function storeReport(report: Report, path: string): Promise<Report> {
  const mask = fileMask();
  const clean = cleanReport(report, text => neutralise(mask(text), longestText));
  await replaceFile(path, JSON.stringify(clean));
  return clean;
}

/** Hands a report that was stored, and its other views, to the pipeline: the tab, the page of the run, the tests. */
export async function publishReport(
  report: Report,
  files: ReportFiles,
  commands: Commands,
  tests: boolean,
): Promise<void> {
  commands.attach(reportAttachment, report.id, files.report);
  // A plan has a page of its own.
  if (report.release.action === 'plan') return;
  await replaceFile(files.summary, summaryPage(report));
  commands.uploadSummary(files.summary);
  const { kind, name } = report.release;
  if (!tests || kind === undefined || kind === 'unchanged') return;
  await replaceFile(files.tests, junitXml(report));
  commands.publishTests(files.tests, `Canary release of ${name}`);
}
