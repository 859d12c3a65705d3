import assert from 'node:assert/strict';
import { at } from '../../sandbox/objects.ts';
import { loseAgent } from '../agent/lost-agent.ts';
import type { JobResult } from '../agent/test-agent.ts';
import { isPromoted, untouched, versions } from './endings.ts';
import { inShop, type Release, type Shop } from './shop.ts';
import { stage } from './stage.ts';

/** A step of a job of its own, as each of several jobs of one run is. */
function job(shop: Shop, name: string, release: Release = {}): Promise<JobResult> {
  const { inputs = {}, job = {}, ...rest } = release;
  const { action = name } = inputs;
  // Neither weights nor Prometheus, where nothing is judged.
  const without = action === 'deploy' ? {} : { weights: '$(strategy.increment)', prometheus: '', pause: '' };
  return shop.release({
    ...rest,
    inputs: { ...without, action, ...inputs },
    job: { ...job, variables: { 'System.JobId': name, 'System.StageDisplayName': name, ...job.variables } },
  });
}

function endsWith({ main, postJob, result }: JobResult, outcome: string, reason: RegExp, weight = '0'): void {
  const log = main.lines.join('\n');
  assert.equal(main.outputVariables.outcome, outcome, log);
  assert.match(main.outputVariables.reason ?? '', reason);
  assert.equal(main.outputVariables.weight, weight);
  const succeeds = ['live', 'promoted', 'unchanged', 'rejected'].includes(outcome);
  assert.equal(result, succeeds ? 'Succeeded' : 'Failed', log);
  assert.deepEqual(postJob?.lines, [], 'the guard has nothing to do and says nothing');
}

const twin = 'Mapping default/sample-app-canary';
const lease = 'Lease default/sample-app-canary';
const judged = (shop: Shop) => ({ prometheus: shop.sandbox.prometheusUrl, pause: '1500ms' });
const weightOf = (shop: Shop) => at(shop.everything()[twin], 'spec', 'weight');

describe('a release in several jobs', function () {
  this.timeout(90_000);

  stage.it('is measured again at each weight that is asked, up or down, and rejected from where it is', () =>
    untouched({}, async shop => {
      const first = await job(shop, 'deploy', { inputs: { weights: '50' } });
      endsWith(first, 'live', /^sample-app passed 50 %, and its canary stays at 50 %$/, '50');
      assert.match(logOf(first), /Next, with the same manifests and images: `action: deploy`/);
      assert.equal(weightOf(shop), 50);
      assert.equal(at(shop.everything()[lease], 'spec', 'holderIdentity'), undefined, 'nobody holds it');
      const canary = shop.everything()['Deployment default/sample-app-canary'];

      const lower = await job(shop, 'deploy', { inputs: { weights: '20' } });
      endsWith(lower, 'live', /^sample-app passed 20 %/, '20');
      assert.match(logOf(lower), /^ 20 % .* success-rate .* pass$/m);
      assert.equal(weightOf(shop), 20);
      const same = shop.everything()['Deployment default/sample-app-canary'];
      assert.ok(canary !== undefined);
      assert.equal(same?.metadata.uid, canary.metadata.uid);
      assert.deepEqual(at(same, 'spec', 'template'), at(canary, 'spec', 'template'));

      // Whoever rejects need not know the image.
      const rejected = await job(shop, 'reject', { inputs: { containers: '' } });
      endsWith(rejected, 'rejected', /^the canary of sample-app, which had 20 % of the requests, is gone/);
    }),
  );

  stage.it('promotes nothing but what was tested, as it was tested, and leaves it to nobody else', () =>
    inShop({}, async shop => {
      await job(shop, 'deploy', { inputs: { weights: '25' } });
      const parked = withoutLease(shop);
      const others: readonly [Release, RegExp][] = [
        [{ env: { DELAY_MS: '7' } }, /is not of these manifests and images/],
        [{ inputs: { action: 'run', weights: '50', ...judged(shop) } }, /is parked/],
      ];
      for (const [other, why] of others) {
        const refused = await job(shop, 'promote', other);
        endsWith(refused, 'failed', /^CANARY_KEPT: .* at 25 %, left by Shop 20261121\.3, stage deploy/);
        assert.match(refused.main.outputVariables.reason ?? '', why);
        assert.deepEqual(withoutLease(shop), parked);
      }
      // Somebody has taken the traffic off it.
      const live = shop.everything()[twin];
      assert.ok(live);
      const { managedFields: _, ...metadata } = live.metadata;
      shop.sandbox.state.apply({ ...live, metadata, spec: { ...(live.spec as object), weight: 0 } });
      const refused = await job(shop, 'promote');
      endsWith(refused, 'failed', /^CANARY_KEPT: .* has weight 0 instead of 25/);
      assert.deepEqual(versions(await shop.pods()).toSorted(), [...Array(4).fill('1.0.0'), '2.0.0']);
    }),
  );

  stage.it('is split by pods as well, from its first weight to promotion', () =>
    inShop({}, async shop => {
      const before = shop.everything();
      const byPods = { trafficSplitMethod: 'pod', prometheus: '' };
      const parked = await job(shop, 'deploy', { inputs: { ...byPods, weights: '20' } });
      endsWith(parked, 'live', /its canary stays at 20 %$/, '20');
      assert.equal(versions(await shop.pods()).filter(version => version === '2.0.0').length, 1);
      endsWith(await job(shop, 'promote', { inputs: byPods }), 'promoted', /^sample-app passed 20 %$/);
      await isPromoted(shop, before);
    }),
  );

  stage.it('has nothing to promote where nothing was deployed, and touches nothing', () =>
    untouched({}, async shop => {
      endsWith(await job(shop, 'promote'), 'failed', /^NOTHING_PARKED: /);
      assert.deepEqual(shop.writes(), []);
    }),
  );

  stage.it('is promoted to the end by the next try where the agent of the first was lost', () =>
    inShop({}, async shop => {
      const before = shop.everything();
      await job(shop, 'deploy', { inputs: { weights: '25' } });
      const replaced = /^ {2}applied {2}Deployment default\/sample-app {2}new version/;
      await loseAgent(replaced, lost => job(shop, 'promote', { job: lost }));
      const again = await job(shop, 'promote');
      endsWith(again, 'promoted', /this one has finished that$/);
      await isPromoted(shop, before);
    }),
  );
});

const logOf = ({ main }: JobResult) => main.lines.join('\n');

function withoutLease(shop: Shop): unknown {
  const { [lease]: _, ...others } = shop.everything();
  return others;
}
