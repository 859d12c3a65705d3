import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../../rig/alive.ts';
import { Child } from '../../../rig/child.ts';
import { until } from '../../../rig/until.ts';

describe('a child process of the rig', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rig-child-'));
  });
  after(() => rm(directory, { recursive: true }));

  const start = (code: string) =>
    Child.start({
      name: 'it',
      command: process.execPath,
      args: ['-e', code],
      logFile: join(directory, 'it.log'),
    });

  it('tells how it ended and what it said', async () => {
    const child = await start('console.error("bad port"); process.exit(3)');
    assert.deepEqual(await child.exited, { code: 3, signal: null });
    assert.equal(await child.logTail(), 'bad port');
  });

  it('that ends before it is ready is an error with the tail of its log', async () => {
    const child = await start('console.error("bad port"); process.exit(3)');
    await assert.rejects(
      child.ready(async () => false, 10_000),
      { message: 'it ended with 3 at the start; its log ends with:\nbad port' },
    );
  });

  it('that does not get ready is an error with the last reason', async () => {
    const child = await start('setInterval(() => {}, 1e6)');
    const probe = async () => {
      throw new Error('refused');
    };
    await assert.rejects(child.ready(probe, 100), /^Error: it was not ready after 100 ms \(refused\)/);
    await child.stop(1_000);
  });

  it('is killed when it does not heed SIGTERM within the grace', async () => {
    const child = await start(
      'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6); console.log("up")',
    );
    await until('it is up', async () => (await child.logTail()) === 'up');
    const asked = performance.now();
    assert.deepEqual(await child.stop(200), { code: null, signal: 'SIGKILL' });
    assert.ok(child.killed);
    // A timer of Node may be a millisecond early.
    assert.ok(performance.now() - asked >= 198);
  });

  it('that can’t be started has ended, with the reason in its log', async () => {
    const logFile = join(directory, 'none.log');
    const child = await Child.start({ name: 'none', command: '/no/such/program', args: [], logFile });
    assert.equal((await child.exited).code, 127);
  });

  it('does not outlive a parent that is killed', async function () {
    if (!existsSync('/usr/bin/setpriv')) this.skip();
    const module = JSON.stringify(new URL('../../../rig/child.ts', import.meta.url).href);
    const logFile = join(directory, 'sleep.log');
    const options = JSON.stringify({ name: 's', command: 'sh', args: ['-c', 'echo up; sleep 60'], logFile });
    const code = `const { Child } = await import(${module});
      const child = await Child.start(${options});
      console.log(child.pid);`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>(resolve =>
      parent.stdout.once('data', text => resolve(Number(text))),
    );
    // Before that it has not asked yet to be killed along with its parent.
    await until('it runs', async () => (await readFile(logFile, 'utf8')) === 'up\n');
    assert.ok(isAlive(pid));
    parent.kill('SIGKILL');
    await until('the child is gone', () => !isAlive(pid));
  });
});
