import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoOptions } from '../sandbox/demo/demo-options.ts';
import { writeReportPage } from '../sandbox/demo/report-page.ts';
import { paintFor, shownLine } from '../sandbox/show-log.ts';
import { type Book, usersSaw } from '../sandbox/show-users.ts';
import { type DemoRig, openDemoRig } from './demo/demo-rig.ts';
import { release } from './demo/release.ts';
import { type Scenario, type ScenarioName, scenarioNames, scenarios } from './demo/scenarios.ts';
import { isFailed } from './load/answer.ts';
import { Load, type LoadRecord } from './load/load.ts';
import { nextVersion, stableVersion } from './traffic/sample-app.ts';

// `npm run demo:rig`: the built step releases the sample app on the rig, under real requests. Ends with 0 when every release ended
// as it had to, with 1 and what differed when one did not or when it was interrupted, and with 2 for a scenario that does not exist.
// `-- --open` writes the results tab of these releases into a file.

const requestsPerSecond = 50;
/** Longer than any release of the demo. */
const loadLimitMs = 20 * 60_000;

const paint = paintFor(process.stdout);
const say = (line: string) => process.stdout.write(`${line}\n`);
const aside = (line: string) => say(paint(line, 'dim'));

const options = demoOptions(scenarioNames, ['happy', 'errors']);
if (options) {
  const { asExpected, reports } = await play(options.scenarios);
  if (options.open) say(`\nThe results tab, as a file for your browser: ${await writeReportPage(reports)}`);
  process.exitCode = asExpected ? 0 : 1;
} else {
  process.exitCode = 2;
}

interface Played {
  /** Whether all ended as they had to. */
  readonly asExpected: boolean;
  readonly reports: readonly string[];
}

/** Plays the scenarios on one rig, one after the other. */
async function play(names: readonly ScenarioName[]): Promise<Played> {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const { signal: cancelled } = interrupt;
  const folder = await mkdtemp(join(tmpdir(), 'ambassador-canary-demo-'));
  const rig = await openDemoRig(
    names.some(name => scenarios[name].isQuiet === true),
    aside,
  );
  try {
    const played: Played[] = [];
    for (const name of names) {
      if (cancelled.aborted) break;
      played.push(await playOne(scenarios[name], rig, folder, cancelled));
    }
    return {
      asExpected: played.every(one => one.asExpected) && !cancelled.aborted,
      reports: played.flatMap(one => one.reports),
    };
  } finally {
    await rig.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function playOne(
  scenario: Scenario,
  rig: DemoRig,
  folder: string,
  cancelled: AbortSignal,
): Promise<Played> {
  const stable = await stableVersion(rig.client);
  const version = nextVersion(stable);
  say(`\n${paint(` ${scenario.title(stable, version)} `, 'bold')}`);
  const load = scenario.isQuiet
    ? undefined
    : Load.start({ url: rig.url, ratePerSecond: requestsPerSecond, durationMs: loadLimitMs });
  try {
    if (load) {
      aside(`Users of this demo send ${requestsPerSecond} requests a second meanwhile.`);
      await sleep(2_000);
    }
    say('');
    const onLine = (line: string) => say(shownLine(line, paint));
    const { differences, reports } = await release({ scenario, version, rig, folder, onLine, cancelled });
    if (cancelled.aborted) aside('Interrupted.');
    else
      for (const difference of differences) say(paint(`Not as it should be: ${difference}`, 'bold', 'red'));
    await load?.stop();
    say('');
    for (const line of usersSaw(load ? booksOf(load.record) : new Map(), paint)) say(line);
    return { asExpected: differences.length === 0, reports };
  } finally {
    await load?.stop();
  }
}

function booksOf(record: LoadRecord): Map<string, Book> {
  const books = new Map<string, Book>();
  for (const answer of record.answers()) {
    const { version = 'no version' } = answer;
    const { requests, failed } = books.get(version) ?? { requests: 0, failed: 0 };
    books.set(version, { requests: requests + 1, failed: failed + (isFailed(answer) ? 1 : 0) });
  }
  return books;
}
