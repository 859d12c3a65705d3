import assert from 'node:assert/strict';
import { applyObject } from '../../rig/apply.ts';
import type { Load } from '../../rig/load/load.ts';
import { until } from '../../rig/until.ts';
import type { RunningStep } from '../agent/test-agent.ts';
import { documentedConnection } from './diagnostics-account.ts';
import { emissaryAdminService } from './outside-service.ts';
import { stagedWorld } from './staged-world.ts';
import type { Shop, World } from './world.ts';

const apiVersion = 'getambassador.io/v3alpha1';

describe('a split that is not as asked', () => {
  let world: World;
  const stage = stagedWorld(2, async started => {
    world = started;
    await emissaryAdminService(world);
  });

  /**
   * Somebody adds a Mapping of stable's group, named so that Emissary, which knows Mappings by their name up to the first dot, drops this
   * one of the release for it (facts/emissary.md 5).
   */
  const supersede = (shop: Shop, name: string) =>
    applyObject(
      world.cluster.client,
      {
        apiVersion,
        kind: 'Mapping',
        metadata: { name: `${name}.aaa` },
        spec: { hostname: shop.host, prefix: '/', service: 'sample-app' },
      },
      shop.namespace,
    );
  const twin = (shop: Shop) =>
    until('the canary has its route', () => shop.get(apiVersion, 'mappings', 'sample-app-canary'), {
      limitMs: 30_000,
    });
  /** No user met an error, or a version that was not meant for them. */
  const onlyStable = (load: Load, log: string) => {
    const others = load.record
      .answers()
      .filter(({ status, version }) => status !== 200 || version !== '1.0.0');
    assert.deepEqual(others.slice(0, 3), [], log);
  };

  stage.it(
    'is found before the canary can be reached: stable is dropped, and the twin would take all',
    async () => {
      const shop = await world.shop('refused');
      const load = shop.load(200);
      try {
        const during = async () => {
          await twin(shop);
          await supersede(shop, 'sample-app');
        };
        const { main } = await shop.release({ version: '2.0.0' }, { weights: '20' }, { during });
        const log = main.lines.join('\n');
        assert.equal(main.outputVariables.outcome, 'rolled-back', log);
        assert.match(
          log,
          /ROUTE_NOT_SPLIT.*is in a group without Mapping refused\/sample-app, where it may take all requests/,
        );
        assert.doesNotMatch(log, /Step 1 of/);
        assert.equal(await shop.get(apiVersion, 'mappings', 'sample-app-canary'), undefined);
        await load.stop();
        onlyStable(load, log);
      } finally {
        await load.stop();
      }
    },
  );

  stage.it(
    'is found with the weight where Emissary has dropped the twin, by what docs/rbac.yaml allows',
    async () => {
      const shop = await world.shop('dropped');
      const load = shop.load(200);
      try {
        const connection = await documentedConnection(shop);
        const during = async (step: RunningStep) => {
          await step.line(/in Emissary's routes stable and canary share a group/);
          await supersede(shop, 'sample-app-canary');
        };
        const inputs = { weights: '20', pause: '30s', kubernetesServiceConnection: connection.id };
        const { main } = await shop.release({ version: '2.0.0' }, inputs, {
          during,
          endpoints: [connection],
        });
        const { outcome, reason = '' } = main.outputVariables;
        const log = main.lines.join('\n');
        assert.equal(outcome, 'rolled-back', log);
        const story =
          "At 20 %: split 20 % asked, 0 % in Emissary's routes: Emissary has no route for Mapping";
        assert.ok(reason.startsWith(story), log);
        assert.doesNotMatch(log, / 20 % .*(pass|inconclusive)/, 'nothing was measured before');
        await load.stop();
        onlyStable(load, log);
      } finally {
        await load.stop();
      }
    },
  );

  const rows = [
    { name: 'takes-all', service: 'sample-app', seen: '0 %', cause: 'nothing reaches the canary: ' },
    { name: 'gives-all', service: 'sample-app-canary', seen: '100 %', cause: 'nothing reaches stable: ' },
  ];
  for (const { name, service, seen, cause } of rows) {
    stage.it(
      `is seen in the metrics where another Mapping stands ahead: ${seen} for the canary`,
      async () => {
        const shop = await world.shop(name);
        const ahead = {
          apiVersion,
          kind: 'Mapping',
          metadata: { name: 'ahead' },
          spec: { hostname: shop.host, prefix: '/', service, precedence: 10 },
        };
        const load = shop.load(200);
        try {
          const during = async () => {
            await twin(shop);
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
      },
    );
  }

  it('loses no request where Emissary takes longer than the settling to take a stop up', async () => {
    await stage.settled();
    const shop = await world.shop('slow');
    const load = shop.load(200);
    const { emissary } = world.data;
    try {
      const during = async (step: RunningStep) => {
        await step.line(/^ {2}weight +50 %/);
        emissary.slowdownMs = 6_000;
      };
      const checks = '- name: never\n  query: vector(1)\n  max: 0\n  failureThreshold: 1';
      const inputs = { weights: '50', pause: '5s', drain: '1s', checks };
      const { main } = await shop.release({ version: '2.0.0' }, inputs, { during });
      const log = main.lines.join('\n');
      assert.equal(main.outputVariables.outcome, 'rolled-back', log);
      assert.match(log, /ready +Emissary's routes show 0 % +after 00:0[5-9]/);
      await load.stop();
      const answers = load.record.answers();
      assert.ok(
        answers.some(({ version }) => version === '2.0.0'),
        'users met the canary',
      );
      assert.deepEqual(
        answers.filter(({ status }) => status !== 200),
        [],
        log,
      );
    } finally {
      emissary.slowdownMs = 0;
      await load.stop();
    }
  });
});
