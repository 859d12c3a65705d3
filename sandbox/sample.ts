import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from './objects.ts';

/** Where the manifests of the sample app are. */
export const sampleFolder = fileURLToPath(new URL('../samples/app/manifests/', import.meta.url));

/** The manifests of the sample app, as 1.0.0. */
export async function sampleManifests(): Promise<KubeObject[]> {
  const files = (await readdir(sampleFolder)).filter(file => /\.ya?ml$/.test(file)).sort();
  const texts = await Promise.all(files.map(file => readFile(join(sampleFolder, file), 'utf8')));
  return texts.flatMap(text => parseAllDocuments(text).map(document => document.toJS() as KubeObject));
}
