import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/layout.ts';
import { demoOptions } from './demo/demo-options.ts';
import { namespace, release, taskDir } from './demo/release.ts';
import { writeReportPage } from './demo/report-page.ts';
import { type ScenarioName, scenarioNames, scenarios } from './demo/scenarios.ts';
import { startSandbox } from './sandbox.ts';
import { paintFor, shownLine } from './show-log.ts';
import { usersSaw } from './show-users.ts';

// `npm run demo`: the built step releases the sample app on a cluster in this process. Ends with 0 when every release ended as it
// had to, with 1 and what differed when one did not, and with 2 for a scenario that does not exist. `-- --open` writes the results tab
// of these releases into a file.

/** Enough for a share of 10 % to be judged within seconds. */
const requestsPerSecond = 300;

const paint = paintFor(process.stdout);
const say = (line: string) => process.stdout.write(`${line}\n`);

const options = demoOptions(scenarioNames, ['happy', 'errors']);
if (options) {
  build();
  const { asExpected, reports } = await play(options.scenarios);
  if (options.open) say(`\nThe results tab, as a file for your browser: ${await writeReportPage(reports)}`);
  process.exitCode = asExpected ? 0 : 1;
} else {
  process.exitCode = 2;
}

function build(): void {
  if (existsSync(join(taskDir, 'main.js'))) return;
  say(paint('Building the step first: npm run build', 'dim'));
  const windows = process.platform === 'win32';
  const { status } = spawnSync('npm', ['run', 'build'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: windows,
  });
  if (status !== 0) throw new Error('npm run build has failed');
}

/** Plays the scenarios on one sandbox, one after the other. Tells whether all ended as they had to, and hands over their reports. */
async function play(
  names: readonly ScenarioName[],
): Promise<{ readonly asExpected: boolean; readonly reports: readonly string[] }> {
  const reports: string[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'ambassador-canary-demo-'));
  const sandbox = await startSandbox({ withStable: true, namespace, requestsPerSecond });
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const { signal: cancelled } = interrupt;
  try {
    say(
      paint(
        `Users send ${requestsPerSecond} requests a second to sample-app 1.0.0, four pods behind Emissary.`,
        'dim',
      ),
    );
    let asExpected = true;
    for (const name of names) {
      const scenario = scenarios[name];
      say(`\n${paint(` ${scenario.title} `, 'bold')}\n`);
      // Two scrapes are the least from which anything can be told.
      await new Promise(resolve => setTimeout(resolve, 2_500));
      const onLine = (line: string) => {
        if (line !== '##[endgroup]') say(shownLine(line, paint));
      };
      const { differences, reports: published } = await release({
        scenario,
        sandbox,
        folder,
        onLine,
        cancelled,
      });
      reports.push(...published);
      for (const difference of differences) say(paint(`Not as it should be: ${difference}`, 'bold', 'red'));
      asExpected &&= differences.length === 0;
      if (cancelled.aborted) break;
    }
    say(`\n${usersSaw(sandbox.traffic.books, paint).join('\n')}`);
    return { asExpected, reports };
  } finally {
    await sandbox.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
