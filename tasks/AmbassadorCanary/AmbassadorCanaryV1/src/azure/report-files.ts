import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as agent from 'azure-pipelines-task-lib/task.js';

export interface ReportFiles {
  /** The report, JSON. */
  readonly report: string;
  /** The page of the run, Markdown. */
  readonly summary: string;
  /** Test results, JUnit's XML. */
  readonly tests: string;
}

/** The folder of this step's files. The agent removes it with the job. */
export function jobFolder(): string {
  return join(agent.getVariable('Agent.TempDirectory') || process.cwd(), 'ambassador-canary');
}

/** Where the files of a report are, below the job's temporary folder: each report has a folder of its own, which exists from now on. */
export async function reportFiles(id: string): Promise<ReportFiles> {
  const folder = join(jobFolder(), id);
  await mkdir(folder, { recursive: true });
  return filesBeside(join(folder, 'report.json'));
}

/** The files of a report, by the path of its JSON. */
export function filesBeside(report: string): ReportFiles {
  const beside = (name: string) => join(report, '..', name);
  return { report, summary: beside('canary-release.md'), tests: beside('canary-release.xml') };
}

/** Puts a new text in place of a file at once, so that the agent, which reads it whenever it comes to it, never finds half of one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, text);
  await rename(draft, path);
}

/** The text of a file. Rejects where there is none. */
export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8');
}
