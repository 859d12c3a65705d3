import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../rig/paths.ts';

const page = readFileSync(join(repositoryRoot, 'docs', 'architecture.md'), 'utf8');
const source = 'tasks/AmbassadorCanary/AmbassadorCanaryV1/src';

const filesIn = (folder: string) =>
  readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => !name.includes('node_modules'))
    .map(name => `/${folder}/${name.replaceAll('\\', '/')}`);

describe('the page on architecture', () => {
  it('names no file that is not there', () => {
    const files = ['tasks', 'tab', 'docs', 'test'].flatMap(filesIn);
    const named = [...page.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name = '']) => name);
    assert.ok(named.length > 50);
    const gone = named.filter(name => !files.some(file => file.endsWith(`/${name}`)));
    assert.deepEqual(gone, []);
  });

  it('says what each file beside main.ts is for', () => {
    const [rooms = ''] = page.split('## One release through the files');
    const words = new Set(rooms.match(/[\w-]+/g));
    const files = readdirSync(join(repositoryRoot, source)).filter(name => name.endsWith('.ts'));
    assert.deepEqual(
      files.map(name => name.replace('.ts', '')).filter(name => !words.has(name)),
      [],
    );
  });
});
