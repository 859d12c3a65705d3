import assert from 'node:assert/strict';
import { versions } from './endings.ts';
import { outcomeOf, runSample, stepsOf } from './run-sample.ts';
import { inShop } from './shop.ts';
import { stage } from './stage.ts';

/** The steps of the page, in its order. */
async function pageSteps() {
  const [manifestTask, script, plugin, flagger, deploy, promote] = await stepsOf('docs/moving.md');
  return { manifestTask, script, plugin, flagger, deploy, promote };
}

const promoted = ['Succeeded', 'promoted', '0'];

describe('the page for those who move over', function () {
  this.timeout(90_000);

  stage.it('has a step that does what KubernetesManifest@1 did at 25 and 50, and at promotion', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const { manifestTask } = await pageSteps();
      const hook = (action: string, increment = '') => ({
        'strategy.action': action,
        ...(increment !== '' && { 'strategy.increment': increment }),
      });
      // 25 % of four and one is one of five, and 50 % four of eight.
      const run = async (...which: Parameters<typeof hook>) =>
        outcomeOf(await runSample(shop, manifestTask, hook(...which), { pause: '1s' }));
      assert.deepEqual((await run('deploy', '25')).slice(0, 2), ['Succeeded', 'live']);
      assert.deepEqual((await run('deploy', '50')).slice(0, 2), ['Succeeded', 'live']);
      assert.deepEqual(await run('promote'), promoted);
      assert.deepEqual(versions(await shop.pods()), Array(4).fill('42'));
    }),
  );

  stage.it('has a step for the weights of the script', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const { script } = await pageSteps();
      assert.deepEqual(outcomeOf(await runSample(shop, script)), promoted);
      assert.deepEqual(versions(await shop.pods()), Array(4).fill('42'));
    }),
  );

  stage.it('has a step for the increments of the plugin', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const { plugin } = await pageSteps();
      const weights = { weights: plugin?.inputs.weights ?? '', pause: '1s' };
      assert.deepEqual(outcomeOf(await runSample(shop, plugin, {}, weights)), promoted);
      assert.deepEqual(versions(await shop.pods()), Array(4).fill('42'));
    }),
  );

  stage.it("has a step for Flagger's checks", () =>
    inShop({ namespace: 'shop' }, async shop => {
      const { flagger } = await pageSteps();
      // Five steps take their time, and what is checked at each is the same.
      assert.deepEqual(outcomeOf(await runSample(shop, flagger, {}, { weights: '10, 50' })), promoted);
    }),
  );

  stage.it("has jobs for Argo's steps with a person between them", () =>
    inShop({ namespace: 'shop' }, async shop => {
      const { deploy, promote } = await pageSteps();
      const live = await runSample(shop, deploy, {}, { weights: '5, 50' });
      assert.deepEqual(outcomeOf(live), ['Succeeded', 'live', '50']);
      assert.deepEqual(outcomeOf(await runSample(shop, promote)), promoted);
      assert.deepEqual(versions(await shop.pods()), Array(4).fill('42'));
    }),
  );
});
