import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import * as agent from 'azure-pipelines-task-lib/task.js';
import { withoutSecrets } from './hide.ts';
import { Redactor } from './redactor.ts';
import { jobFolder } from './report-files.ts';
import { formsOf } from './secrets.ts';

export interface PlanFiles {
  /** For a person: `plan.md`. */
  readonly page: string;
  /** The objects: `plan.yaml`, beside it. */
  readonly objects: string;
}

/**
 * Writes the two files of a plan below the job's temporary folder. A second plan of the same job gets a folder of its own,
 * since the agent uploads the first one's page whenever it comes to it. Resolves to their paths.
 */
export async function writePlanFiles(page: string, objects: string): Promise<PlanFiles> {
  const base = jobFolder();
  for (let plan = 1; ; plan++) {
    const folder = plan === 1 ? base : join(base, String(plan));
    await mkdir(folder, { recursive: true });
    const files = { page: join(folder, 'plan.md'), objects: join(folder, 'plan.yaml') };
    if (!(await writeNew(files.page, page))) continue;
    await writeFile(files.objects, objects);
    return files;
  }
}

/** Whether the file was not there yet, and is now. */
async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

/**
 * Takes out what the agent would mask in its log: it masks no files. That is all that was hidden, and the values of the
 * pipeline's secret variables.
 */
export function fileMask(): (text: string) => string {
  const variables = new Redactor();
  for (const secret of secretVariables()) variables.add(secret);
  return text => variables.redact(withoutSecrets(text));
}

function secretVariables(): readonly string[] {
  // task-lib writes into the debug log what it reads, secrets too.
  agent.setStdStream(new Writable({ write: (_chunk, _encoding, done) => done() }));
  try {
    return agent.getVariables().flatMap(({ secret, value }) => (secret ? formsOf(value) : []));
  } finally {
    agent.setStdStream(process.stdout);
  }
}
