import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root, staging } from '../../scripts/layout.ts';
import { pageWith, tabFile } from '../../scripts/tab-page.ts';
import { reportAttachment } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';
import type { Attachment } from '../../test/agent/step-record.ts';

/** Of each report that a step has handed to the agent its last writing, as JSON. */
export function lastReports(attachments: readonly Attachment[]): readonly string[] {
  const reports = attachments.filter(({ type }) => type === reportAttachment);
  return [...new Map(reports.map(({ name, content }) => [name, content])).values()];
}

/** Writes the results tab with these reports in it as one file, which needs no server and no Azure DevOps. Hands back where it is. */
export async function writeReportPage(reports: readonly string[]): Promise<string> {
  const page = await readFile(join(staging, tabFile), 'utf8');
  const path = join(root, 'dist', 'demo.html');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, pageWith(page, reports));
  return path;
}
