import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from '../../rig/alive.ts';
import { repositoryRoot } from '../../rig/paths.ts';
import { readNote } from '../../rig/traffic/note.ts';
import { until } from '../../rig/until.ts';

const run = promisify(execFile);

describe('npm run rig -- up --traffic', () => {
  let home: string;
  let output = '';
  const cli = (...args: string[]) => ['--import', 'tsx', join('rig', 'cli.ts'), ...args, '--home', home];

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'ambassador-canary-home-'));
  });
  after(async () => {
    await run(process.execPath, cli('down'), { cwd: repositoryRoot }).catch(() => {});
    await rm(home, { recursive: true, force: true });
  });

  it('shows users and what they get, until down is said from elsewhere; then nothing is left', async () => {
    const up = spawn(process.execPath, cli('up', '--traffic', '--rate', '40'), {
      cwd: repositoryRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    for (const stream of [up.stdout, up.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const ended = new Promise(resolve => up.once('exit', resolve));
    const live =
      /^\d\d:\d\d:\d\d {2}(\d+\.\d)\/s {2}0 failed \(0 in all\) {2}p95 \d+ ms {2}1\.0\.0 100\.0 %$/gm;
    // The first figure may be of less than a second.
    const asAsked = () => [...output.matchAll(live)].find(([, rate]) => Math.abs(Number(rate) - 40) < 10);
    await until('figures', asAsked, { limitMs: 60_000 }).catch((error: Error) =>
      assert.fail(`${error.message}; it said:\n${output}`),
    );
    const note = await readNote(home);
    assert.ok(note);
    for (const told of [
      note.url,
      note.prometheusUrl,
      `export KUBECONFIG=${note.kubeconfigPath}`,
      'demo:rig',
    ]) {
      assert.ok(output.includes(told), told);
    }
    assert.match(output, /node --env-file=\S*release\.env dist\S*main\.js/);

    const second = await run(process.execPath, cli('up'), { cwd: repositoryRoot }).catch(error => error);
    assert.match(second.stderr, new RegExp(`a rig is already up \\(process ${up.pid}\\)`));

    const all = [up.pid ?? 0, ...descendantsOf(up.pid ?? 0)];
    assert.ok(all.length > 10, `${all.length} processes`);
    const { stdout } = await run(process.execPath, cli('down'), { cwd: repositoryRoot });
    assert.equal(stdout, 'stopped\n');
    assert.equal(await ended, 0, output);
    await until('all are gone', () => all.every(pid => !isAlive(pid)), { limitMs: 5_000 });
    assert.equal(await readNote(home), undefined);
  });

  it('says what is wrong with its arguments', async () => {
    const rows: [args: string[], message: RegExp][] = [
      [['up', '--scrape', '15'], /--scrape and --rate are for up --traffic/],
      [['up', '--traffic', '--scrape', 'often'], /--scrape must be a number from 1 to 60, not "often"/],
      [['sideways'], /no such command: sideways/],
    ];
    for (const [args, message] of rows) {
      const refused = await run(process.execPath, cli(...args), { cwd: repositoryRoot }).catch(
        error => error,
      );
      assert.deepEqual([refused.code, message.test(refused.stderr)], [2, true], refused.stderr);
    }
  });
});

/** The process ids below one, all the way down. */
function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]));
    } catch {
      // It has just ended.
    }
  }
  const below = (parent: number): number[] =>
    [...parents].filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}
