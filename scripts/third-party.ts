import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import { packageOf } from './bundle-report.ts';

/** A package of somebody else, of which something ships. */
export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  /** As its package.json says it, an SPDX expression. */
  readonly license: string;
  /** The texts that its license asks us to pass on, as they lie beside its code. */
  readonly notices: readonly string[];
}

/** Licenses that let us ship the code under ours, with their text beside it. */
const acceptable = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Python-2.0',
]);

/**
 * The packages of which a byte is in these bundles, by name and version. Rejects, naming all of them, where one has a license that
 * is not known to be acceptable, or comes without its text.
 */
export async function thirdPartiesOf(metafile: Metafile): Promise<readonly ThirdParty[]> {
  const roots = new Set<string>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const root = bytesInOutput > 0 ? packageOf(path)?.root : undefined;
      if (root !== undefined) roots.add(root);
    }
  }
  const found = await Promise.all([...roots].map(readThirdParty));
  const problems = found.flatMap(problemsOf);
  if (problems.length > 0) throw new Error(`Not everything in the bundle may ship:\n${problems.join('\n')}`);
  const unique = new Map(found.map(one => [`${one.name}@${one.version}`, one]));
  return [...unique.values()].sort((a, b) => (a.name + a.version < b.name + b.version ? -1 : 1));
}

async function readThirdParty(root: string): Promise<ThirdParty> {
  const { name, version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const files = (await readdir(root)).filter(file => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  const notices = await Promise.all(files.map(file => readFile(resolve(root, file), 'utf8')));
  return {
    name,
    version,
    license: String(license),
    notices: notices.map(text => text.replaceAll('\r\n', '\n').trim()),
  };
}

function problemsOf({ name, version, license, notices }: ThirdParty): readonly string[] {
  const terms = license.replace(/[()]/g, '').split(/ OR /);
  return [
    ...(terms.some(term => acceptable.has(term)) ? [] : [`${name} ${version} has the license ${license}`]),
    ...(notices.length > 0 ? [] : [`${name} ${version} comes without the text of its license`]),
  ];
}
