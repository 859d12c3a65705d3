import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSeq, parseDocument } from 'yaml';
import { sampleFolder } from '../sample.ts';

/** Writes the sample app's manifests into a folder, as a developer would who changes these variables of the app and nothing else. */
export async function writeManifests(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(sampleFolder)) {
    const text = await readFile(join(sampleFolder, file), 'utf8');
    await writeFile(join(folder, file), file === 'deployment.yaml' ? withVariables(text, env) : text);
  }
}

function withVariables(text: string, env: Readonly<Record<string, string>>): string {
  const document = parseDocument(text);
  const path = ['spec', 'template', 'spec', 'containers', 0, 'env'];
  const variables = document.getIn(path);
  if (!isSeq(variables)) throw new Error('the sample app has no variables');
  for (const [name, value] of Object.entries(env)) {
    const index = (variables.toJSON() as { name: string }[]).findIndex(variable => variable.name === name);
    if (index < 0) throw new Error(`the sample app has no variable ${name}`);
    document.setIn([...path, index, 'value'], value);
  }
  return document.toString();
}
