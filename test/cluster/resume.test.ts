import assert from 'node:assert/strict';
import { loseAgent } from '../agent/lost-agent.ts';
import type { JobResult } from '../agent/test-agent.ts';
import { unwrapped } from '../unwrapped.ts';
import { stagedWorld } from './staged-world.ts';
import { isPromoted, type Shop, type World } from './world.ts';

const short = { weights: '20, 50', pause: '3s', drain: '3s' };

describe('a second run, on a real API server', () => {
  let world: World;
  const stage = stagedWorld(3, started => {
    world = started;
  });

  /** A release whose agent is lost when its log says so: no post-job entry runs. */
  async function losesItsAgent(shop: Shop, when: RegExp): Promise<void> {
    await loseAgent(when, job => shop.release({ version: '2.0.0' }, short, job));
  }

  /** Loses the agent of a first run, and runs again while users go on sending requests. No request may be lost. */
  async function secondRun(
    name: string,
    when: RegExp,
  ): Promise<{ readonly log: string; readonly again: JobResult }> {
    const shop = await world.shop(name);
    const before = await shop.everything();
    const load = shop.load(100);
    try {
      await losesItsAgent(shop, when);
      const again = await shop.release({ version: '2.0.0' }, short);
      const log = unwrapped(again.main.lines);
      assert.equal(again.main.outputVariables.outcome, 'promoted', log);
      await isPromoted(shop, before);
      const users = await load.stop();
      assert.ok(users.answers().length > 500);
      assert.deepEqual(users.failed(), [], 'no request is lost');
      return { log, again };
    } finally {
      await load.stop();
    }
  }

  stage.it('goes on at the step where the agent of the first was lost', async () => {
    const { log } = await secondRun('lost-in-step', /^ {2}weight +50 %/);
    assert.match(log, /The canary is there as planned: this run goes on at step 2 of 2 \(50 %\)/);
    assert.doesNotMatch(log, /^ {2}weight +20 %/m);
    assert.doesNotMatch(log, /cannot be read/);
  });

  stage.it('finishes the promotion where the first died while stable was replaced', async () => {
    const { log, again } = await secondRun('lost-in-promotion', /Deployment .*new version/);
    assert.match(log, /this run finishes what an earlier one began/);
    assert.match(
      again.main.resultText,
      /^promoted: sample-app had passed in a run that died while it promoted/,
    );
  });

  stage.it(
    'gives stable its old version back where the first died while it got one that has no room',
    async () => {
      const shop = await world.shop('lost-without-room');
      const before = await shop.everything();
      const load = shop.load(100);
      try {
        await loseAgent(/Deployment .*new version/, job =>
          shop.release({ version: '2.0.0' }, short, {
            ...job,
            during: async step => {
              await step.line(/ 50 % .* pass$/);
              await shop.fill();
              await job.during(step);
            },
          }),
        );
        const again = await shop.release({ version: '2.0.0' }, { ...short, rolloutTimeout: '10s' });
        const log = unwrapped(again.main.lines);
        assert.equal(again.main.outputVariables.outcome, 'rolled-back', log);
        assert.match(
          again.main.resultText,
          /At promotion, in which an earlier run had died: .*did not get ready.*has its old version again/,
        );
        assert.deepEqual(await shop.everything(), before, log);
        assert.deepEqual((await load.stop()).failed(), [], 'no request is lost');
      } finally {
        await load.stop();
      }
    },
  );

  stage.it('touches nothing of a canary that is held, and names it', async () => {
    const shop = await world.shop('held');
    const load = shop.load(100);
    try {
      const env = { SUCCESS_RATE: '60' };
      const first = await shop.release({ version: '2.0.0', env }, { ...short, onFailure: 'hold' });
      const log = first.main.lines.join('\n');
      assert.equal(first.main.outputVariables.outcome, 'held', log);
      assert.deepEqual(first.postJob?.issues, []);
      const [twin] = (await shop.list('getambassador.io/v3alpha1', 'mappings')).filter(({ metadata }) =>
        metadata.name.includes('canary'),
      );
      assert.equal((twin?.spec as { weight?: number } | undefined)?.weight, 0);
      const kept = await shop.everything();
      const next = await shop.release({ version: '3.0.0' }, short, { variables: { 'Build.BuildId': '78' } });
      assert.match(next.main.resultText, /CANARY_KEPT: The canary of sample-app is held.*`action: reject`/);
      assert.deepEqual(await shop.everything(), kept);
    } finally {
      await load.stop();
    }
  });
});
