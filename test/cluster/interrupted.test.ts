import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadRecord } from '../../rig/load/load.ts';
import { percentile } from '../../rig/load/percentile.ts';
import type { JobResult, RunningStep } from '../agent/test-agent.ts';
import { unwrapped } from '../unwrapped.ts';
import { stagedWorld } from './staged-world.ts';
import { WeightLog } from './weight-log.ts';
import type { Shop, World } from './world.ts';

/** More for figures: `INTERRUPT_REPEATS=20`. */
const repeats = Number(process.env.INTERRUPT_REPEATS ?? 1);
const inputs = { weights: '30', pause: '30s' };
const passing = / 30 % .* pass$/;

interface Story {
  readonly job: JobResult;
  readonly record: LoadRecord;
  /** From the interruption to the stored weight 0, and to the last request that Envoy gave to the canary. */
  readonly storedAfter?: number;
  readonly lastAfter?: number;
}

describe('an interrupted release and 200 requests a second', () => {
  let world: World;
  const stage = stagedWorld(2, started => {
    world = started;
  });
  const stored: number[] = [];
  const last: number[] = [];

  after(() => {
    for (const [what, times] of [
      ['weight 0 was stored', stored],
      ['the canary got its last request', last],
    ] as const) {
      const [middle, most] = [percentile(times, 50), percentile(times, 99)];
      console.log(`    ${what} after ${middle} ms (p50), ${most} ms (p99) of ${times.length} cancels`);
    }
  });

  /** A release under load that something happens to at 30 %. */
  async function tell(
    shop: Shop,
    happen: (step: RunningStep) => void | Promise<void>,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Story> {
    const weights = new WeightLog(shop);
    const load = shop.load(200);
    let at = 0;
    try {
      const during = async (step: RunningStep) => {
        await step.line(passing);
        at = Date.now();
        await happen(step);
      };
      const job = await shop.release({ version: '2.0.0' }, { ...inputs, ...more }, { during });
      await sleep(1_000);
      const record = await load.stop();
      console.log(
        `      ${shop.namespace}: ${JSON.stringify(record.kinds())}; lost ${record.failed().length}`,
      );
      const canary = record.answers().filter(({ version }) => version === '2.0.0');
      const lastAfter = Math.max(...canary.map(({ intendedAt }) => intendedAt)) - at;
      const off = weights.changes.find(change => change.at > at && change.weight === 0);
      return { job, record, lastAfter, ...(off && { storedAfter: off.at - at }) };
    } finally {
      await load.stop();
      weights.stop();
    }
  }

  for (let number = 1; number <= repeats; number++) {
    stage.it(`loses none of them to a cancel, and nothing is left (${number})`, async () => {
      const shop = await world.shop(`cancelled-${number}`);
      const before = await shop.everything();
      const { job, record, storedAfter, lastAfter } = await tell(shop, step => step.cancel());
      assert.equal(job.main.outputVariables.outcome, 'cancelled', unwrapped(job.main.lines));
      assert.deepEqual(record.failed(), []);
      assert.deepEqual(await shop.everything(), before);
      assert.ok(storedAfter !== undefined && lastAfter !== undefined);
      stored.push(storedAfter);
      last.push(Math.round(lastAfter));
    });
  }

  stage.it('loses none of them to a step that is killed, after which the guard cleans up', async () => {
    const shop = await world.shop('killed');
    const before = await shop.everything();
    const { job, record, storedAfter } = await tell(shop, step => step.kill());
    assert.equal(job.postJob?.exitCode, 0);
    assert.deepEqual(record.failed(), []);
    assert.deepEqual(await shop.everything(), before);
    assert.ok(storedAfter !== undefined, 'traffic was taken off before anything was removed');
  });

  stage.it('loses none of them to a promotion that stable does not live through', async () => {
    const shop = await world.shop('unpromoted');
    const before = await shop.everything();
    const story = await tell(shop, () => shop.fill(), { pause: '5s', rolloutTimeout: '12s' });
    const log = unwrapped(story.job.main.lines);
    assert.match(story.job.main.outputVariables.reason ?? '', /^At promotion: .*did not get ready/, log);
    assert.equal(story.job.main.outputVariables.outcome, 'rolled-back', log);
    assert.deepEqual(story.record.failed(), []);
    assert.deepEqual(await shop.everything(), before);
  });
});
