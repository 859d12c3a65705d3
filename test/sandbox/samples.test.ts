import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { JobResult } from '../agent/test-agent.ts';
import { type CanaryStep, stepsIn } from '../steps-in.ts';
import { endedAs, versions } from './endings.ts';
import { inShop, type Shop } from './shop.ts';
import { stage } from './stage.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The uses of our task in a sample, in their order. */
async function stepsOf(sample: string): Promise<readonly CanaryStep[]> {
  const path = `samples/${sample}`;
  return stepsIn(path, await readFile(root + path, 'utf8'));
}

/** Runs a step as it is written, but for its times and the addresses. */
function runStep(
  shop: Shop,
  step: CanaryStep | undefined,
  variables: Readonly<Record<string, string>> = {},
  inputs: Readonly<Record<string, string>> = {},
): Promise<JobResult> {
  assert.ok(step);
  const { kubernetesServiceConnection: name = '', prometheus, pause, ...written } = step.inputs;
  const judged = prometheus === undefined ? { prometheus: '', weights: '', pause: '' } : { pause: '1500ms' };
  return shop.release({
    endpoint: shop.connection({ name }),
    inputs: { containers: '', ...judged, ...written, kubernetesServiceConnection: name, ...inputs },
    job: { workingDirectory: root, variables: { ...step.variables, ...variables } },
  });
}

function outcomeOf({ main, result }: JobResult): readonly [string, string | undefined, string | undefined] {
  return [result, main.outputVariables.outcome, main.outputVariables.weight];
}

describe('the pipeline to copy', function () {
  this.timeout(90_000);

  stage.it('releases the sample app to promotion, as it is written but for its times and the addresses', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const [step] = await stepsOf('azure-pipelines.yml');
      const { main } = await runStep(shop, step, {}, { weights: '50' });
      endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 50 %' });
      const pods = await shop.pods();
      assert.deepEqual(versions(pods), Array(4).fill('42'));
      assert.equal(pods[0]?.image, `${step?.variables.image}:42`);
    }),
  );

  stage.it('in several jobs goes from a few users to half of them and to all', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const [few, half, promote] = await stepsOf('several-jobs.yml');
      assert.deepEqual(outcomeOf(await runStep(shop, few)), ['Succeeded', 'live', '10']);
      assert.deepEqual(outcomeOf(await runStep(shop, half)), ['Succeeded', 'live', '50']);
      assert.deepEqual(outcomeOf(await runStep(shop, promote)), ['Succeeded', 'promoted', '0']);
      assert.deepEqual(versions(await shop.pods()), Array(4).fill('42'));
    }),
  );

  /** The hooks of the strategy, in the order of the sample. */
  const hooks = async () => {
    const [deploy, failure, success] = await stepsOf('strategy-canary.yml');
    return { deploy, failure, success };
  };
  const at = (increment: string) => ({ 'strategy.action': 'deploy', 'strategy.increment': increment });

  stage.it('with the strategy canary is promoted by its success hook after 25 and 50', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const { deploy, success } = await hooks();
      assert.deepEqual(outcomeOf(await runStep(shop, deploy, at('25'))), ['Succeeded', 'live', '25']);
      assert.deepEqual(outcomeOf(await runStep(shop, deploy, at('50'))), ['Succeeded', 'live', '50']);
      assert.deepEqual(outcomeOf(await runStep(shop, success)), ['Succeeded', 'promoted', '0']);
      assert.deepEqual(versions(await shop.pods()), Array(4).fill('42'));
    }),
  );

  stage.it('with the strategy canary is rejected by its failure hook, whatever else has failed', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const before = shop.everything();
      const { deploy, failure } = await hooks();
      assert.deepEqual(outcomeOf(await runStep(shop, deploy, at('25'))), ['Succeeded', 'live', '25']);
      assert.deepEqual(outcomeOf(await runStep(shop, failure)), ['Succeeded', 'rejected', '0']);
      assert.deepEqual(shop.everything(), before);
    }),
  );
});
