import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root, staging, taskFolder } from './layout.ts';
import { billOfMaterials, integrityIn, noticesPage } from './notices.ts';
import type { ThirdParty } from './third-party.ts';

/** What ships as it is, beside what the build makes. `vsixFiles` has both. */
const copied = [
  'CHANGELOG.md',
  'LICENSE',
  'docs/overview.md',
  'images/icon.png',
  'images/tab-rolled-back-light.png',
  `${taskFolder}/icon.png`,
] as const;

/** The one version of everything, from package.json. */
export async function readVersion(): Promise<string> {
  return String((await readJson('package.json')).version);
}

/** Copies what ships into staging, and writes task.json and the manifest there with this version. */
export async function stageFiles(version: string): Promise<void> {
  for (const path of copied) {
    await mkdir(dirname(join(staging, path)), { recursive: true });
    await cp(join(root, path), join(staging, path));
  }
  const task = await readJson(`${taskFolder}/task.json`);
  await writeJson(`${taskFolder}/task.json`, { ...task, version: taskVersion(version) });
  await writeJson('vss-extension.json', { ...(await readJson('vss-extension.json')), version });
  // An agent may lie below a package.json that says otherwise.
  await writeJson(`${taskFolder}/package.json`, { type: 'commonjs' });
}

/** Writes the notices and the bill of materials of what ships of others. */
export async function stageThirdParties(version: string, parties: readonly ThirdParty[]): Promise<void> {
  const lockfile = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  await writeFile(join(staging, 'THIRD-PARTY-NOTICES.txt'), noticesPage(parties));
  await writeFile(join(staging, 'sbom.cdx.json'), billOfMaterials(version, parties, integrityIn(lockfile)));
}

/** `1.2.3` as task.json wants it, in numbers. Throws on anything else: neither the agent nor the Marketplace knows pre-releases. */
export function taskVersion(version: string): {
  readonly Major: number;
  readonly Minor: number;
  readonly Patch: number;
} {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)$/.exec(version) ?? [];
  if (patch === undefined)
    throw new Error(`The version in package.json must be three numbers, 1.2.3, found ${version}.`);
  return { Major: Number(major), Minor: Number(minor), Patch: Number(patch) };
}

async function readJson(path: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await readFile(join(root, path), 'utf8'));
}

async function writeJson(path: string, content: unknown): Promise<void> {
  await writeFile(join(staging, path), `${JSON.stringify(content, undefined, 2)}\n`);
}
