import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { taskFolder } from './layout.ts';

/**
 * What the extension is called where both are installed side by side: two extensions with one task GUID collide
 * (`facts/extensions.md 3`), and a pipeline must say which one it means.
 */
const development = {
  taskId: '7d0d5c3e-6a1f-4c57-9d1b-2f0c6d9a41b8',
  suffix: 'Dev',
  title: ' (development)',
} as const;

export type Flavour = 'production' | 'development';

/** Hands over a folder with the staged extension in this flavour; it is gone when the work is done. */
export async function withFlavour<T>(
  staging: string,
  flavour: Flavour,
  work: (folder: string) => T | Promise<T>,
): Promise<T> {
  if (flavour === 'production') return work(staging);
  const folder = await mkdtemp(join(tmpdir(), 'ambassador-canary-flavour-'));
  try {
    await cp(staging, folder, { recursive: true });
    const taskPath = join(folder, taskFolder, 'task.json');
    const task = JSON.parse(await readFile(taskPath, 'utf8'));
    await writeJson(taskPath, developmentTask(task));
    const manifestPath = join(folder, 'vss-extension.json');
    await writeJson(manifestPath, developmentManifest(await readFile(manifestPath, 'utf8'), task.id));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Task {
  readonly id: string;
  readonly name: string;
  readonly friendlyName: string;
}

function developmentTask<T extends Task>(task: T): T {
  const { taskId: id, suffix, title } = development;
  return { ...task, id, name: `${task.name}${suffix}`, friendlyName: `${task.friendlyName}${title}` };
}

/** The tab names the task that it belongs to, so the GUID is another one wherever it stands. Never public. */
function developmentManifest(text: string, taskId: string): object {
  const manifest = JSON.parse(text.replaceAll(taskId, development.taskId));
  const { id, name } = manifest;
  return {
    ...manifest,
    id: `${id}-${development.suffix.toLowerCase()}`,
    name: `${name}${development.title}`,
    public: false,
  };
}

async function writeJson(path: string, content: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(content, undefined, 2)}\n`);
}
