import assert from 'node:assert/strict';
import { at, objectsAt } from '../../sandbox/objects.ts';
import type { JobResult } from '../agent/test-agent.ts';
import { inShop, type Pod, repository, type Shop } from './shop.ts';

interface Ended {
  readonly result: JobResult['result'];
  readonly outcome: string;
  readonly reason: string;
  readonly failedStep?: string;
  readonly failedCheck?: string;
}

/** The output variables, the result of the task and its progress say the same; Node has warned of nothing. */
export function endedAs(main: JobResult['main'], expected: Ended): void {
  const { result, outcome, reason, failedStep = '', failedCheck = '' } = expected;
  const log = main.lines.join('\n');
  const { reportPath, ...outputs } = main.outputVariables;
  assert.match(reportPath ?? '', /report\.json$/, log);
  assert.deepEqual(outputs, { outcome, weight: '0', failedStep, failedCheck, reason }, log);
  assert.equal(main.result, result, log);
  assert.equal(main.stderr, '');
  // Shells get the reason without quotes, people with them.
  assert.equal(main.resultText.replaceAll('"', "'"), `${outcome}: ${reason}`);
  const last = main.lines.at(-1)?.replaceAll('"', "'");
  assert.equal(last, `##[${result === 'Succeeded' ? 'section' : 'error'}]${outcome}: ${reason}`);
  assert.deepEqual(main.variables, {});
  const percents = main.progress.map(({ percent }) => percent);
  assert.deepEqual(
    percents,
    percents.toSorted((a, b) => a - b),
    'progress never goes back',
  );
  assert.equal(percents.at(-1), 100);
  for (const { doing } of main.progress.slice(0, -1)) {
    // 0 % while an acceptance test is asked.
    assert.match(doing, /^(0|50) % of the requests go to the canary$/);
  }
}

/** Tables without the column `split`, which is there once a weight has settled: a moment that no test can know. */
function withoutSplit(lines: readonly string[]): readonly string[] {
  let cut = { from: 0, to: 0 };
  return lines.map(line => {
    if (/^ *step /.test(line)) {
      const [, before = '', split = ''] = /^(.* weight)( +split)/.exec(line) ?? [];
      cut = { from: before.length, to: before.length + split.length };
    }
    return line.slice(0, cut.from) + line.slice(cut.to);
  });
}

/** The table at the end without its column `split`, with `#` for a number that no test can know. */
export function tableSays({ lines }: JobResult['main'], expected: readonly string[]): void {
  const heading = lines.indexOf('##[section]What happened');
  assert.notEqual(heading, -1, lines.join('\n'));
  const shown = withoutSplit(lines.slice(heading + 1, heading + 1 + expected.length));
  const pattern = expected.map(line =>
    line
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/ *#/g, number => (number.length > 1 ? ' +[\\d .]+' : '[\\d.]+')),
  );
  assert.match(
    shown.join('\n'),
    new RegExp(`^${pattern.map(line => (line === '' ? '' : `  ${line}`)).join('\n')}$`),
  );
}

/** Stable is the new version, the very same objects but for its image, and nothing else is there. */
export async function isPromoted(shop: Shop, before: ReturnType<Shop['everything']>): Promise<void> {
  const name = 'Deployment default/sample-app';
  const { [name]: old, ...others } = before;
  const { [name]: promoted, ...rest } = shop.everything();
  assert.deepEqual(rest, others, 'not even a resourceVersion of anything but the Deployment has changed');
  assert.ok(old !== undefined && promoted !== undefined);
  assert.equal(promoted.metadata.uid, old.metadata.uid);
  assert.deepEqual(promoted.metadata.labels, old.metadata.labels);
  const spec = JSON.stringify(old.spec).replace(`${repository}:1.0.0`, `${repository}:2.0.0`);
  assert.deepEqual(promoted.spec, JSON.parse(spec));
  assert.equal(objectsAt(promoted, 'spec', 'template', 'spec', 'containers').length, 1);
  assert.equal(at(promoted, 'status', 'readyReplicas'), 4);
  assert.deepEqual(versions(await shop.pods()), Array(4).fill('2.0.0'));
}

export function versions(pods: readonly Pod[]): readonly string[] {
  return pods.map(({ image, ready }) => `${image.split(':').at(-1)}${ready ? '' : ', not ready'}`);
}

/** Runs a scenario after which every object and every pod of stable is what it was, to the last field. */
export function untouched(
  options: Parameters<typeof inShop>[0],
  scenario: (shop: Shop) => Promise<void>,
): Promise<void> {
  return inShop(options, async shop => {
    const [before, pods] = [shop.everything(), await shop.pods()];
    await scenario(shop);
    assert.deepEqual(shop.everything(), before);
    assert.deepEqual(await shop.pods(), pods);
  });
}
