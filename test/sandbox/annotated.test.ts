import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeManifests } from '../../sandbox/demo/manifests.ts';
import type { KubeObject } from '../../sandbox/objects.ts';
import type { RunningStep } from '../agent/test-agent.ts';
import { endedAs, isPromoted } from './endings.ts';
import { inShop, type Shop } from './shop.ts';
import { stage } from './stage.ts';

/** A route as many repositories have it: no object, but a text on the Service, in v2 and under a name that is none for an object. */
const config = `---
apiVersion: getambassador.io/v2
kind: Mapping
name: sample_app
prefix: /
service: sample-app
timeout_ms: 5000
`;
const service: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'sample-app',
    namespace: 'default',
    labels: { app: 'sample-app' },
    annotations: { 'getambassador.io/config': config },
  },
  spec: { selector: { app: 'sample-app' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
};

/** Inputs for a cluster that it makes so: the only route is in the annotation. */
async function annotated(
  shop: Shop,
  env: Readonly<Record<string, string>> = {},
): Promise<{ manifests: string }> {
  shop.sandbox.state.apply(service, 'ambassador-canary');
  shop.sandbox.state.delete('getambassador.io/v3alpha1', 'Mapping', 'default', 'sample-app');
  const folder = 'annotated';
  await writeManifests(join(shop.folder, folder), env);
  await shop.write({ [`${folder}/service.yaml`]: JSON.stringify(service) });
  return { manifests: `${folder}\n!${folder}/mapping.yaml` };
}

describe('a route in an annotation, with the built step', function () {
  this.timeout(60_000);

  stage.it('is shared with a twin that is an object, and promoted', () =>
    inShop({}, async shop => {
      const inputs = await annotated(shop);
      const before = shop.everything();
      const { main } = await shop.release({ inputs });
      endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 50 %' });
      const log = main.lines.join('\n');
      assert.match(log, /applied {2}Mapping default\/sample-app-canary-sample-app-[0-9a-f]{8} {2}weight 0/);
      await isPromoted(shop, before);
    }),
  );

  stage.it('goes back to stable, which is as it was', () =>
    inShop({}, async shop => {
      const inputs = await annotated(shop, { SUCCESS_RATE: '60' });
      const before = shop.everything();
      const { main } = await shop.release({ inputs });
      assert.equal(main.outputVariables.outcome, 'rolled-back', main.lines.join('\n'));
      assert.deepEqual(shop.everything(), before);
    }),
  );

  stage.it('is given back to stable by the guard when the step is killed', () =>
    inShop({}, async shop => {
      const inputs = await annotated(shop);
      const before = shop.everything();
      const during = async (step: RunningStep) => {
        await step.line(/^ 50 % .* pass$/);
        step.kill();
      };
      const { postJob } = await shop.release({ inputs: { ...inputs, pause: '30s' }, job: { during } });
      assert.match(postJob?.lines.join('\n') ?? '', /all requests go to stable/);
      assert.deepEqual(shop.everything(), before);
    }),
  );
});
