import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { stepsIn } from '../steps-in.ts';
import { endedAs, versions } from './endings.ts';
import { inShop } from './shop.ts';
import { stage } from './stage.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pipeline = 'samples/azure-pipelines.yml';

describe('the pipeline to copy', function () {
  this.timeout(60_000);

  stage.it('releases the sample app to promotion, as it is written but for its times and the addresses', () =>
    inShop({ namespace: 'shop' }, async shop => {
      const [step] = stepsIn(pipeline, await readFile(root + pipeline, 'utf8'));
      assert.ok(step);
      const { kubernetesServiceConnection: name = '', prometheus: _, ...inputs } = step.inputs;
      const { main } = await shop.release({
        endpoint: shop.connection({ name }),
        inputs: { ...inputs, kubernetesServiceConnection: name, weights: '50', pause: '1500ms' },
        job: { workingDirectory: root, variables: step.variables },
      });
      endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 50 %' });
      const pods = await shop.pods();
      assert.deepEqual(versions(pods), Array(4).fill('42'));
      assert.equal(pods[0]?.image, `${step.variables.image}:42`);
    }),
  );
});
