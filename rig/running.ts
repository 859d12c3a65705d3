import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './alive.ts';
import { rigHome } from './paths.ts';

function pidFile(home: string): string {
  return join(home, 'rig.pid');
}

/** The process id of the rig that `up` has started with this home, if it still runs. */
export async function runningRig(home = rigHome): Promise<number | undefined> {
  const pid = Number(await readFile(pidFile(home), 'utf8').catch(() => ''));
  return pid > 0 && (await isRig(pid)) ? pid : undefined;
}

/** Notes that this process is the rig. */
export async function noteRunning(home: string): Promise<void> {
  await mkdir(home, { recursive: true });
  await writeFile(pidFile(home), `${process.pid}\n`);
}

/** Notes that it no longer is. */
export async function noteStopped(home: string): Promise<void> {
  await rm(pidFile(home), { force: true });
}

/** Asks the running rig to end and waits until it has. False when there was none. */
export async function stopRunning(limitMs: number, home = rigHome): Promise<boolean> {
  const pid = await runningRig(home);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGTERM');
  const end = Date.now() + limitMs;
  while (await isRig(pid)) {
    if (Date.now() > end) throw new Error(`the rig (process ${pid}) has not ended within ${limitMs} ms`);
    await sleep(100);
  }
  return true;
}

/** A number in a file may by now be somebody else's process: where the system can tell, ask whether it is the rig. */
async function isRig(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  return commandLine === undefined || commandLine.includes(join('rig', 'cli.ts'));
}
