import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const taskDir = here('../../dist/extension/tasks/AmbassadorCanary/AmbassadorCanaryV1');

/** What a start of the bundle may take of what Node itself takes to start. */
const most = 2.8;

describe('a cold start of the built step', () => {
  const [oldest] = ensureAgentNodes();
  assert.ok(oldest);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cold-start-'));
    writeFileSync(join(folder, 'empty.js'), '');
  });
  after(() => rmSync(folder, { recursive: true }));

  // The step without inputs reads them all, makes a report of what is missing, and ends.
  for (const script of ['main.js', 'guard.js']) {
    it(`takes at most ${most} times the CPU time of an empty Node ${oldest.major}: ${script}`, () => {
      const empty: number[] = [];
      const ours: number[] = [];
      // In turns, and the least of each, which is what the machine's other work adds least to.
      for (let round = 0; round < 3; round++) {
        empty.push(cpuOf(join(folder, 'empty.js')));
        ours.push(cpuOf(join(taskDir, script)));
      }
      const ratio = Math.min(...ours) / Math.min(...empty);
      assert.ok(ratio <= most, `${ratio.toFixed(2)} times`);
    });
  }

  /** Of one run from its birth to its end, in seconds, as bash accounts for it; nothing in its environment adds to a start. */
  function cpuOf(script: string): number {
    const command = '"$0" "$1" >log 2>&1 && times';
    const { stdout, status } = spawnSync('bash', ['-c', command, oldest?.path ?? '', script], {
      cwd: folder,
      env: { PATH: process.env.PATH, AGENT_TEMPDIRECTORY: folder },
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(status, 0);
    // The second line is of bash's children: `0m0.051s 0m0.012s`.
    const [, children = ''] = stdout.split('\n');
    const times = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
    assert.equal(times.length, 2, stdout);
    return times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
  }
});
