import assert from 'node:assert/strict';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import { rows } from './bad-input-rows.ts';
import { BadWorld } from './bad-input-world.ts';
import { inShop, type Release, type Shop } from './shop.ts';
import { stage } from './stage.ts';

describe('bad input', function () {
  this.timeout(60_000);
  let opened: Promise<BadWorld> | undefined;
  after(async () => (await opened)?.close());

  for (const { major, path: nodePath } of ensureAgentNodes()) {
    for (const { what, given, says } of rows.filter(({ also }) => major === 20 || major === also)) {
      stage.it(`is told once, and touches nothing, on Node ${major}: ${what}`, async () => {
        opened ??= BadWorld.open();
        const world = await opened;
        const anonymous = (text: string) => world.anonymous(text);
        await isRefused(world.shop, { ...given(world), job: { nodePath } }, [says].flat(), anonymous);
      });
    }
  }

  stage.it('is told once, and touches nothing, on Node 20: a cluster without the CRDs of Emissary', () =>
    inShop({ withStable: false, missingGroups: ['getambassador.io'] }, shop =>
      isRefused(shop, {}, [
        "KIND_UNKNOWN: The cluster does not know Mappings: expected the API group getambassador.io, found no such group. Install Emissary's CRDs (chart emissary-crds), check that the service connection leads to the right cluster, or write `trafficSplitMethod: pod`",
      ]),
    ),
  );
});

async function isRefused(
  shop: Shop,
  release: Release,
  expected: readonly string[],
  anonymous = (text: string) => text,
): Promise<void> {
  const before = shop.everything();
  const { main, postJob, result } = await shop.release(release);
  const log = main.lines.join('\n');
  assert.equal(result, 'Failed', log);
  const told = main.issues.map(({ type, message }) => `${type}: ${anonymous(message)}`);
  const [one] = expected;
  if (expected.length === 1) assert.deepEqual(told, [`error: failed: ${one}`]);
  else {
    const last = `error: failed: ${expected.length} errors, all told above`;
    assert.deepEqual(told, [...expected.map(message => `error: ${message}`), last]);
  }
  assert.equal(main.outputVariables.outcome, 'failed');
  assert.equal(main.outputVariables.weight, '0');
  assert.deepEqual(postJob?.lines, []);
  assert.deepEqual(shop.writes(), []);
  assert.deepEqual(shop.everything(), before);
}
