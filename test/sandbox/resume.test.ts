import assert from 'node:assert/strict';
import { at } from '../../sandbox/objects.ts';
import type { RunningStep } from '../agent/test-agent.ts';
import { unwrapped } from '../unwrapped.ts';
import { inShop, repository, type Shop } from './shop.ts';
import { stage } from './stage.ts';

const twoSteps = { weights: '20, 50', pause: '1500ms' };
const atSecond = /^ {2}weight +50 %/;

/** A release whose agent is lost when the log says so: no post-job entry runs. */
async function losesItsAgent(shop: Shop, when: RegExp, inputs: Record<string, string> = {}): Promise<void> {
  const during = async (step: RunningStep) => {
    await step.line(when);
    step.kill();
  };
  const gone = new Error('the agent is lost');
  const afterMain = () => {
    throw gone;
  };
  await assert.rejects(
    shop.release({ inputs: { ...twoSteps, ...inputs }, job: { during, afterMain } }),
    gone,
  );
}

function logOf({ main }: { readonly main: { readonly lines: readonly string[] } }): string {
  return unwrapped(main.lines);
}

describe('A release whose agent is lost', () => {
  stage.it('goes on at the step where it was when it is run again, and promotes', () =>
    inShop({}, async shop => {
      await losesItsAgent(shop, atSecond);
      const again = await shop.release({ inputs: twoSteps });
      const log = logOf(again);
      assert.equal(again.main.outputVariables.outcome, 'promoted', log);
      assert.match(log, /The canary is there as planned: this run goes on at step 2 of 2 \(50 %\)/);
      assert.doesNotMatch(log, /weight +20 %/);
      assert.doesNotMatch(log, /cannot be read/);
      assert.deepEqual([...new Set((await shop.pods()).map(({ image }) => image))], [`${repository}:2.0.0`]);
      assert.deepEqual(
        Object.keys(shop.everything()).filter(name => name.includes('canary')),
        [],
      );
    }),
  );

  stage.it('promotes what had passed where it died before it touched stable', () =>
    inShop({}, async shop => {
      await losesItsAgent(shop, /Promoting: /);
      const again = await shop.release({ inputs: twoSteps });
      const log = logOf(again);
      assert.equal(again.main.outputVariables.outcome, 'promoted', log);
      assert.match(log, /this run (promotes what has passed|finishes what an earlier one began)/);
      assert.doesNotMatch(log, /^ {2}weight +[1-9]/m);
      assert.deepEqual(
        Object.keys(shop.everything()).filter(name => name.includes('canary')),
        [],
      );
    }),
  );

  stage.it('is taken back and begun anew where its canary is not as planned any more', () =>
    inShop({}, async shop => {
      await losesItsAgent(shop, atSecond);
      const service = shop.sandbox.state
        .list('v1', 'Service')
        .find(({ metadata }) => metadata.name.endsWith('-canary'));
      assert.ok(service);
      shop.sandbox.state.delete('v1', 'Service', service.metadata.namespace, service.metadata.name);
      const again = await shop.release({ inputs: twoSteps });
      const log = logOf(again);
      assert.equal(again.main.outputVariables.outcome, 'promoted', log);
      assert.match(
        log,
        /Rolling back: an earlier run left its canary behind \(.*; its canary is not as planned: Service .* is gone\)/,
      );
      assert.match(log, /weight +20 %/);
    }),
  );
});

describe('A release that fails under `onFailure: hold`', () => {
  stage.it('keeps its canary without traffic, and the next run names it and touches nothing', () =>
    inShop({}, async shop => {
      const failed = await shop.release({
        env: { SUCCESS_RATE: '40' },
        inputs: { onFailure: 'hold' },
      });
      assert.equal(failed.main.result, 'Failed');
      assert.equal(failed.main.outputVariables.outcome, 'held', logOf(failed));
      assert.equal(failed.main.outputVariables.weight, '0');
      assert.deepEqual(
        failed.postJob?.lines.filter(line => /warning|error/.test(line)),
        [],
      );
      const kept = shop.everything();
      assert.ok(Object.keys(kept).some(name => /^Deployment .*-canary$/.test(name)));
      const twin = Object.entries(kept).find(([name]) => /^Mapping .*canary/.test(name))?.[1];
      assert.equal(at(twin ?? {}, 'spec', 'weight'), 0);

      for (const version of ['2.0.0', '3.0.0']) {
        const writes = shop.writes().length;
        const next = await shop.release({
          version,
          env: { SUCCESS_RATE: '40' },
          job: { variables: { 'Build.BuildId': '78' } },
        });
        assert.equal(next.main.result, 'Failed');
        assert.match(
          next.main.resultText,
          /CANARY_KEPT: The canary of .* is held: .* which ended held: At 50 %: .*`action: reject`/,
        );
        assert.equal(shop.writes().length, writes, 'nothing was written');
        assert.deepEqual(shop.everything(), kept);
      }
    }),
  );
});
