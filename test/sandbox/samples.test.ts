import assert from 'node:assert/strict';
import { endedAs, versions } from './endings.ts';
import { outcomeOf, runSample, stepsOf } from './run-sample.ts';
import { inShop } from './shop.ts';
import { stage } from './stage.ts';

describe('the pipeline to copy', function () {
  this.timeout(90_000);

  stage.it('releases the sample app to promotion, as it is written but for its times and the addresses', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const [step] = await stepsOf('samples/azure-pipelines.yml');
      const { main } = await runSample(shop, step, {}, { weights: '50' });
      endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 50 %' });
      const pods = await shop.pods();
      assert.deepEqual(versions(pods), Array(4).fill('42'));
      assert.equal(pods[0]?.image, `${step?.variables.image}:42`);
    }),
  );

  stage.it('in several jobs goes from a few users to half of them and to all', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const [few, half, promote] = await stepsOf('samples/several-jobs.yml');
      assert.deepEqual(outcomeOf(await runSample(shop, few)), ['Succeeded', 'live', '10']);
      assert.deepEqual(outcomeOf(await runSample(shop, half)), ['Succeeded', 'live', '50']);
      assert.deepEqual(outcomeOf(await runSample(shop, promote)), ['Succeeded', 'promoted', '0']);
      assert.deepEqual(versions(await shop.pods()), Array(4).fill('42'));
    }),
  );

  /** The hooks of the strategy, in the order of the sample. */
  const hooks = async () => {
    const [deploy, failure, success] = await stepsOf('samples/strategy-canary.yml');
    return { deploy, failure, success };
  };
  const at = (increment: string) => ({ 'strategy.action': 'deploy', 'strategy.increment': increment });

  stage.it('with the strategy canary is promoted by its success hook after 25 and 50', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const { deploy, success } = await hooks();
      assert.deepEqual(outcomeOf(await runSample(shop, deploy, at('25'))), ['Succeeded', 'live', '25']);
      assert.deepEqual(outcomeOf(await runSample(shop, deploy, at('50'))), ['Succeeded', 'live', '50']);
      assert.deepEqual(outcomeOf(await runSample(shop, success)), ['Succeeded', 'promoted', '0']);
      assert.deepEqual(versions(await shop.pods()), Array(4).fill('42'));
    }),
  );

  stage.it('with the strategy canary is rejected by its failure hook, whatever else has failed', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const before = shop.everything();
      const { deploy, failure } = await hooks();
      assert.deepEqual(outcomeOf(await runSample(shop, deploy, at('25'))), ['Succeeded', 'live', '25']);
      assert.deepEqual(outcomeOf(await runSample(shop, failure)), ['Succeeded', 'rejected', '0']);
      assert.deepEqual(shop.everything(), before);
    }),
  );
});
