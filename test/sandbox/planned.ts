import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubeObject } from '../../sandbox/objects.ts';
import { sampleManifests } from '../../sandbox/sample.ts';
import { State } from '../../sandbox/state.ts';
import type { JobResult } from '../agent/test-agent.ts';
import { type CanaryStep, stepsIn } from '../steps-in.ts';
import type { Release, Shop } from './shop.ts';

/** What a plan left: all files of the job's temporary folder, by their paths in it. */
export type Files = ReadonlyMap<string, string>;

export interface Planned extends JobResult {
  readonly files: Files;
}

/** Plans a release as the pipeline would. */
export async function plan(shop: Shop, release: Release): Promise<Planned> {
  let files: Files = new Map();
  const afterMain = (_: unknown, folder: string) => {
    files = filesIn(folder);
  };
  const inputs = { action: 'plan', ...release.inputs };
  const job = await shop.release({ ...release, inputs, job: { ...release.job, afterMain } });
  return { ...job, files };
}

export function filesIn(folder: string): Files {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry =>
    entry.isFile(),
  );
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  return new Map(paths.map(path => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}

/** `plan.md`. */
export function pageOf({ files }: Pick<Planned, 'files'>): string {
  return files.get('ambassador-canary/plan.md') ?? '';
}

/** The objects in `plan.yaml`: all of them, or those that it says are made at the start. */
export function objectsOf(
  { files }: Pick<Planned, 'files'>,
  which: 'all' | 'started' = 'all',
): readonly KubeObject[] {
  const [, ...documents] = (files.get('ambassador-canary/plan.yaml') ?? '').split(/^---\n/m);
  return documents
    .filter(text => which === 'all' || text.startsWith('# before the first weight'))
    .map(text => parse(text));
}

const password = 'hunter2-of-the-secret';
const apiKey = 'correct-horse-battery-staple';
const token = 'token-of-the-pipeline';
const secrets = [password, apiKey, token].flatMap(text => [text, Buffer.from(text).toString('base64')]);

/** As the step masks the pipeline's token. */
export const masked = (text: string) => text.replaceAll(token, '***');

/** Neither in what was said nor in any file is a secret, in whatever form. */
export function tellsNoSecret({ main, files }: Planned): void {
  const told = main.stdout.split('\n').filter(line => !line.startsWith('##vso[task.setsecret]'));
  const shown = [...main.lines, ...told, ...main.summaries, ...Object.values(main.outputVariables)];
  for (const secret of secrets) {
    assert.deepEqual(
      shown.filter(line => line.includes(secret)),
      [],
    );
    for (const [path, text] of files) assert.ok(!text.includes(secret), `${secret} is in ${path}`);
  }
}

/** The app with a Secret and a variable, and a ConfigMap into which the pipeline has put its token. */
async function appWithSecrets(version: 'old' | 'new'): Promise<readonly KubeObject[]> {
  const suffix = version === 'old' ? ' of last year' : '';
  const variable = JSON.stringify({ name: 'API_KEY', value: apiKey + suffix });
  const envFrom = [{ secretRef: { name: 'sample-app' } }, { configMapRef: { name: 'sample-app' } }];
  const app = (await sampleManifests()).map(object => {
    const text = JSON.stringify(object).replace(
      '"env":[',
      `"envFrom":${JSON.stringify(envFrom)},"env":[${variable},`,
    );
    return JSON.parse(text) as KubeObject;
  });
  const named = (kind: string) => ({ apiVersion: 'v1', kind, metadata: { name: 'sample-app' } });
  return [
    ...app,
    { ...named('Secret'), data: { password: Buffer.from(password + suffix).toString('base64') } },
    { ...named('ConfigMap'), data: { url: `https://a:${token}@b${suffix}` } },
  ];
}

/** Has the app run with its secrets of last year, and releases it with others. */
export async function withSecrets(shop: Shop): Promise<Release> {
  const { state } = shop.sandbox;
  for (const object of await appWithSecrets('old')) {
    state.apply({ ...object, metadata: { ...object.metadata, namespace: 'default' } });
  }
  await state.until(() => state.list('apps/v1', 'Deployment').every(found => State.isRolledOut(found)));
  await shop.pods();
  const manifests = (await appWithSecrets('new')).map(object => JSON.stringify(object));
  await shop.write({ 'app.json': manifests.join('\n') });
  return { inputs: { manifests: 'app.json' }, job: { secretVariables: { TOKEN: token } } };
}

/** What the pipeline of the samples for pull requests tells the step, and its text. */
export async function samplePipeline(): Promise<CanaryStep & { readonly text: string }> {
  const path = 'samples/pull-request.yml';
  const text = await readFile(path, 'utf8');
  const [step] = stepsIn(path, text);
  assert.ok(step?.name === 'canary');
  return { ...step, text };
}

/** Everything of the one is in the other, which may have more in its maps. */
export function contains(stored: unknown, sent: unknown, path: string): void {
  if (Array.isArray(sent)) {
    assert.ok(Array.isArray(stored) && stored.length === sent.length, path);
    for (const [index, item] of sent.entries()) contains(stored[index], item, `${path}[${index}]`);
  } else if (typeof sent === 'object' && sent !== null) {
    for (const [field, value] of Object.entries(sent)) {
      contains((stored as Record<string, unknown> | undefined)?.[field], value, `${path}.${field}`);
    }
  } else {
    assert.equal(stored, sent, path);
  }
}
