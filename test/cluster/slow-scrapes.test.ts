import assert from 'node:assert/strict';
import type { LoadRecord } from '../../rig/load/load.ts';
import type { JobResult } from '../agent/test-agent.ts';
import { reportOf } from '../report-of.ts';
import { stagedWorld } from './staged-world.ts';
import { type AppOptions, type Shop, World } from './world.ts';

function outcome({ main }: JobResult): string {
  const { outcome, reason } = main.outputVariables;
  return `${outcome}: ${reason}`;
}

describe('a Prometheus that scrapes every 15 s', () => {
  const weight = 20;
  const inputs = { weights: `${weight}`, pause: '45s', interval: '15s' };
  let good: Shop;
  let bad: Shop;
  const stage = stagedWorld(
    2,
    async world => {
      [good, bad] = await Promise.all([world.shop('good-15'), world.shop('bad-15')]);
    },
    15,
  );

  /** A release under load, with what became of the requests. */
  async function release(shop: Shop, change: AppOptions): Promise<{ job: JobResult; record: LoadRecord }> {
    const load = shop.load(100, 170_000);
    try {
      const job = await shop.release({ version: '2.0.0', ...change }, inputs, { timeLimit: 160_000 });
      assert.equal(job.main.stderr, '');
      return { job, record: await load.stop() };
    } finally {
      await load.stop();
    }
  }

  const measurements = ({ main }: JobResult) =>
    main.lines.filter(line => /^ *\d+ % {2}\d\d:\d\d {2}/.test(line));

  stage.it('sees enough of a good version in a step of three scrapes to promote it', async () => {
    const { job, record } = await release(good, {});
    assert.match(outcome(job), /^promoted: /, job.main.lines.join('\n'));
    console.log(measurements(job).join('\n'));
    const last = measurements(job).at(-1) ?? '';
    assert.match(last, / 00:4\d {2}.* pass(:|$)/, 'the step was not extended');
    assert.deepEqual(record.failed(), []);
    console.log(`      good-15: lost 0 of ${record.answers().length}`);

    // The report counts the same users, between scrapes instead of between seconds.
    const { steps, users, timeline } = reportOf(job);
    const [step = assert.fail('no step in the report')] = steps;
    const from = Date.parse(timeline.find(({ kind }) => kind === 'weight')?.at ?? '') + 2_500;
    const seen = record.shareOf('2.0.0', { from, to: from + 40_000 });
    const told = (step.weightSeen ?? Number.NaN) / 100;
    console.log(
      `      ${(100 * told).toFixed(1)} % told, ${(100 * seen.share).toFixed(1)} % seen by the users`,
    );
    assert.ok(Math.abs(told - seen.share) <= 3 * ((seen.high - seen.low) / 2), JSON.stringify(seen));
    assert.equal(users?.failed, 0);
  });

  stage.it('sees a bad version within the step, and it is taken back', async () => {
    const before = await bad.everything();
    const { job, record } = await release(bad, { env: { SUCCESS_RATE: '60' } });
    assert.match(
      outcome(job),
      /^rolled-back: At 20 %: (success-rate|errors-vs-stable) /,
      job.main.lines.join('\n'),
    );
    assert.deepEqual(await bad.everything(), before);
    console.log(measurements(job).join('\n'));
    const failed = record.failed();
    const [first, last] = [failed[0], failed.at(-1)];
    assert.ok(first !== undefined && last !== undefined);
    const { length: all } = record.answers({ from: first.intendedAt, to: last.intendedAt + 1 });
    const seconds = (last.intendedAt - first.intendedAt) / 1000;
    console.log(
      `      bad-15: ${failed.length} of ${all} requests failed in ${seconds.toFixed(1)} s at ${weight} %`,
    );
    assert.ok(failed.length / all <= weight / 100, 'no more than the canary’s share');
    assert.ok(seconds < 45, 'it did not take the whole step');
  });
});

describe('a Prometheus that scrapes every 30 s', () => {
  let world: World;
  let shop: Shop;

  before(async () => {
    world = await World.start(30);
    shop = await world.shop('short-30');
  });
  after(() => world?.stop());

  it('has a step that is shorter than three scrapes refused, before anything is touched', async () => {
    const before = await shop.everything();
    const job = await shop.release({ version: '2.0.0' }, { weights: '20', pause: '60s', interval: '30s' });
    assert.match(outcome(job), /^failed: INPUT_INVALID: The step at 20 % is shorter than three scrapes/);
    assert.match(outcome(job), /Write .pause: 1m30s./);
    assert.equal(job.result, 'Failed');
    assert.deepEqual(await shop.everything(), before);
  });
});
