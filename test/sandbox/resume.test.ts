import assert from 'node:assert/strict';
import { at } from '../../sandbox/objects.ts';
import { loseAgent } from '../agent/lost-agent.ts';
import type { RunningStep } from '../agent/test-agent.ts';
import { unwrapped } from '../unwrapped.ts';
import { inShop, repository, type Shop } from './shop.ts';
import { stage } from './stage.ts';

const twoSteps = { weights: '20, 50', pause: '1500ms' };
const atSecond = /^ {2}weight +50 %/;

/** A release whose agent is lost when the log says so: no post-job entry runs. */
async function losesItsAgent(shop: Shop, when: RegExp, inputs: Record<string, string> = {}): Promise<void> {
  await loseAgent(when, job => shop.release({ inputs: { ...twoSteps, ...inputs }, job }));
}

function logOf({ main }: { readonly main: { readonly lines: readonly string[] } }): string {
  return unwrapped(main.lines);
}

describe('A release whose agent is lost', function () {
  this.timeout(60_000);

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

/** What the frozen run wrote, without what it tried on the lock. */
function objectWrites(shop: Shop): readonly string[] {
  return shop.writes('frozen').filter(write => !write.includes('/leases'));
}

describe('A release whose process is frozen until another run has taken over', function () {
  this.timeout(60_000);

  stage.it('writes nothing any more when it goes on, and says whose the release is now', () =>
    inShop({ users: [{ name: 'frozen', token: 'the-frozen-run' }] }, async shop => {
      const before = shop.everything();
      let writes: readonly string[] = [];
      const during = async (step: RunningStep) => {
        await step.line(/^ {2}weight +20 %/);
        assert.ok(step.pid !== undefined);
        process.kill(step.pid, 'SIGSTOP');
        // Nobody wants to wait for half a minute here.
        const lease = shop.sandbox.state.list('coordination.k8s.io/v1', 'Lease')[0];
        assert.ok(lease);
        const { name, namespace = 'default' } = lease.metadata;
        const { apiVersion, kind } = lease;
        const spec = { leaseDurationSeconds: 1 };
        shop.sandbox.state.apply({ apiVersion, kind, metadata: { name, namespace }, spec });
        const other = await shop.release({
          version: '3.0.0-never-ready',
          inputs: { rolloutTimeout: '1s' },
          job: {
            variables: { 'Build.BuildId': '78' },
            during: async second => {
              await second.line(/deleted +Mapping/);
              writes = objectWrites(shop);
              process.kill(step.pid ?? 0, 'SIGCONT');
            },
          },
        });
        const log = logOf(other);
        assert.equal(other.main.outputVariables.outcome, 'rolled-back', log);
        assert.match(
          log,
          /Rolling back: an earlier run left its canary behind \(.*; it released something else\)/,
        );
      };
      const endpoint = shop.connection({ token: 'the-frozen-run' });
      const { main, postJob } = await shop.release({
        inputs: { ...twoSteps, pause: '60s' },
        endpoint,
        job: { during },
      });
      assert.match(main.resultText, /^failed: .*(taken over this release|lock of this release is lost)/);
      const since = objectWrites(shop).slice(writes.length);
      // The stop alone is unconditional: taking traffic off a canary is never wrong.
      for (const write of since) assert.match(write, /^PATCH .*\/mappings\/sample-app-canary/);
      assert.ok(since.length <= 1, since.join());
      assert.deepEqual(postJob?.issues, []);
      assert.deepEqual(shop.everything(), before);
    }),
  );
});

describe('A step in a container, which lives on when its job is cancelled', function () {
  this.timeout(60_000);

  stage.it('leaves nothing: its guard goes last', () =>
    inShop({ podReadyMs: 1_500 }, async shop => {
      const before = shop.everything();
      let gone: Promise<void> | undefined;
      const job = await shop.release({
        job: {
          variables: { 'Agent.ContainerMapping': '{"job":{"id":"0"}}' },
          during: async step => {
            gone = step.gone;
            await step.line(/^ {2}applied +Deployment/);
            step.abandon();
          },
        },
      });
      await gone;
      const log = unwrapped(job.postJob?.lines ?? []);
      assert.match(
        log,
        /12s for the step, which may live on in its container, to find that its lock is taken/,
      );
      assert.match(log, /The canary is gone, all requests go to stable/);
      assert.ok(
        shop.writes().some(write => /^PATCH .*\/mappings\//.test(write)),
        'the step went on meanwhile',
      );
      assert.deepEqual(shop.everything(), before);
    }),
  );
});

describe('A release that fails under `onFailure: hold`', function () {
  this.timeout(60_000);

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
