import assert from 'node:assert/strict';
import { applyObject } from '../../rig/apply.ts';
import { until } from '../../rig/until.ts';
import { SideBySide } from '../side-by-side.ts';
import { World } from './world.ts';

describe('a Mapping that somebody puts ahead of stable and canary', () => {
  const stage = new SideBySide(2);
  let world: World;

  before(async () => {
    world = await World.start();
  });
  after(async () => {
    await stage.settled();
    await world?.stop();
  });

  const rows = [
    { name: 'takes-all', service: 'sample-app', seen: '0 %', cause: 'nothing reaches the canary: ' },
    { name: 'gives-all', service: 'sample-app-canary', seen: '100 %', cause: 'nothing reaches stable: ' },
  ];
  for (const { name, service, seen, cause } of rows) {
    stage.it(`ends the release by the split that is seen: ${seen} for the canary`, async () => {
      const shop = await world.shop(name);
      const apiVersion = 'getambassador.io/v3alpha1';
      const ahead = {
        apiVersion,
        kind: 'Mapping',
        metadata: { name: 'ahead' },
        spec: { hostname: shop.host, prefix: '/', service, precedence: 10 },
      };
      const load = shop.load(200);
      try {
        const during = async () => {
          await until(
            'the canary has its route',
            () => shop.get(apiVersion, 'mappings', 'sample-app-canary'),
            {
              limitMs: 30_000,
            },
          );
          await applyObject(world.cluster.client, ahead, shop.namespace);
        };
        const inputs = { weights: '20', pause: '12s' };
        const { main } = await shop.release({ version: '2.0.0' }, inputs, { during });
        const { outcome, reason = '' } = main.outputVariables;
        const log = main.lines.join('\n');
        assert.equal(outcome, 'rolled-back', log);
        assert.ok(reason.startsWith(`At 20 %: split 20 % asked, ${seen} seen: ${cause}`), log);
        assert.doesNotMatch(log, /Not clear yet/);
      } finally {
        await load.stop();
      }
    });
  }
});
