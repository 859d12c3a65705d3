import assert from 'node:assert/strict';
import { conceal } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/conceal.ts';
import type { RunningStep } from '../agent/test-agent.ts';
import { contains, type Files, filesIn, objectsOf, pageOf } from '../sandbox/planned.ts';
import { World } from './world.ts';

const plurals: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  Service: 'services',
  Mapping: 'mappings',
};

describe('action: plan, on a real API server', () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world?.stop());

  it('touches nothing, and names the very objects that the release then makes', async () => {
    const shop = await world.shop('planned');
    const inputs = { weights: '50', pause: '4s', drain: '6s' };
    const before = await shop.everything();
    let files: Files = new Map();
    const afterMain = (_: unknown, folder: string) => {
      files = filesIn(folder);
    };
    const planned = await shop.release({ version: '2.0.0' }, { ...inputs, action: 'plan' }, { afterMain });
    assert.equal(planned.main.outputVariables.outcome, 'planned', planned.main.lines.join('\n'));
    assert.deepEqual(await shop.everything(), before);
    assert.match(pageOf({ files }), /- {3}.*sample-app:1\.0\.0\n\+ {3}.*sample-app:2\.0\.0\n/);

    const started = objectsOf({ files }, 'started');
    assert.deepEqual(started.map(({ kind }) => kind).sort(), ['Deployment', 'Mapping', 'Service']);
    const made = new Map<string, Awaited<ReturnType<typeof shop.get>>>();
    const load = shop.load(100);
    const during = async (step: RunningStep) => {
      await step.line(/ 50 % .* pass$/);
      for (const { apiVersion, kind, metadata } of started) {
        made.set(kind, await shop.get(apiVersion, plurals[kind] ?? kind, metadata.name));
      }
    };
    const { main } = await shop.release({ version: '2.0.0' }, inputs, { during });
    await load.stop();
    assert.equal(main.outputVariables.outcome, 'promoted', main.lines.join('\n'));
    for (const object of started) {
      const { apiVersion, kind } = object;
      const found = made.get(kind);
      assert.ok(found !== undefined, kind);
      // Items of a list do not say what they are. What else is there the server added.
      contains(
        conceal({ ...found, apiVersion, kind }, text => text),
        object,
        kind,
      );
    }
  });
});
