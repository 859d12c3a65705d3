import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, taskFolder } from './layout.ts';

/** A version that is out, and what its task.json was: agents keep a version that they have, whatever is published under it again. */
export interface Published {
  readonly version: string;
  /** SHA-256 of the sources' task.json, in which no version stands. */
  readonly task: string;
}

/** What is wrong with the version that stands in package.json; nothing where it may be published. */
export function versionProblems(
  version: string,
  task: string,
  published: readonly Published[],
  changelog: string,
): readonly string[] {
  const problems: string[] = [];
  const same = published.find(one => one.version === version);
  if (same !== undefined && same.task !== task) {
    problems.push(`task.json has changed since ${version} was published: raise the version in package.json`);
  }
  const newer = published.find(one => compare(one.version, version) > 0);
  if (newer !== undefined) problems.push(`${newer.version} is published, which is newer than ${version}`);
  if (!changelog.split('\n').some(line => line === `## ${version}`)) {
    problems.push(`CHANGELOG.md has no heading \`## ${version}\``);
  }
  return problems;
}

/** The same of this checkout. */
export async function versionProblemsHere(): Promise<readonly string[]> {
  const [manifest, task, published, changelog] = await Promise.all(
    ['package.json', `${taskFolder}/task.json`, 'scripts/published.json', 'CHANGELOG.md'].map(path =>
      readFile(join(root, path), 'utf8'),
    ),
  );
  const { version } = JSON.parse(manifest ?? '');
  return versionProblems(version, taskDigest(task ?? ''), JSON.parse(published ?? ''), changelog ?? '');
}

export function taskDigest(task: string): string {
  return createHash('sha256').update(task.replaceAll('\r\n', '\n')).digest('hex');
}

function compare(a: string, b: string): number {
  const [m, n] = [a, b].map(version => version.split('.').map(Number));
  const index = [0, 1, 2].find(i => m?.[i] !== n?.[i]) ?? 0;
  return (m?.[index] ?? 0) - (n?.[index] ?? 0);
}
