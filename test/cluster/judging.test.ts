import assert from 'node:assert/strict';
import type { JobResult } from '../agent/test-agent.ts';
import { stagedWorld } from './staged-world.ts';
import type { World } from './world.ts';

/** A service that always fails one request in ten: any limit of 99 % is broken by both versions. */
const stableRate = '90';
const inputs = { weights: '50', pause: '12s' };

function outcome({ main }: JobResult): string {
  return `${main.outputVariables.outcome}: ${main.outputVariables.reason}`;
}

describe('a service that fails one request in ten', () => {
  let world: World;
  const stage = stagedWorld(2, started => {
    world = started;
  });

  /** A release of a version that answers so many percent, under load, with what it told of both versions. */
  async function release(
    name: string,
    successRate: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<JobResult> {
    const shop = await world.shop(name, { env: { SUCCESS_RATE: stableRate } });
    const load = shop.load(150);
    try {
      const job = await shop.release(
        { version: '2.0.0', env: { SUCCESS_RATE: successRate } },
        { ...inputs, ...more },
      );
      console.log(job.main.lines.filter(line => /(success-rate|errors-vs-stable) /.test(line)).join('\n'));
      return job;
    } finally {
      await load.stop();
    }
  }

  stage.it('has a version taken back that fails four times as often, by the comparison', async () => {
    // Without the limit, which may be the first to see it.
    const job = await release('four-times', '60', { successRate: 'none' });
    assert.equal(job.main.result, 'Failed');
    assert.match(
      outcome(job),
      /^rolled-back: At 50 %: errors-vs-stable .* canary [2-6]\d\.\d\d % errors, stable [\d.]+ %; 99\.\d % sure it is worse$/,
      job.main.lines.join('\n'),
    );
  });

  stage.it('has a version promoted that fails as often, with a warning', async () => {
    const job = await release('as-often', stableRate);
    assert.match(outcome(job), /^promoted: /, job.main.lines.join('\n'));
    assert.match(
      job.main.lines.join('\n'),
      /Went on unverified at 50 %: success-rate .*: stable fails as well: [89]\d\.\d\d %/,
    );
    assert.equal(job.main.result, 'SucceededWithIssues');
  });
});
