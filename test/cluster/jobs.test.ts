import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadRecord } from '../../rig/load/load.ts';
import type { Endpoint } from '../agent/endpoints.ts';
import type { JobResult } from '../agent/test-agent.ts';
import { connectionWith, documentedRoles } from './diagnostics-account.ts';
import { likelyHits } from './likely-hits.ts';
import { stagedWorld } from './staged-world.ts';
import { WeightLog } from './weight-log.ts';
import { type AppOptions, isPromoted, type Shop, type World } from './world.ts';

const next: AppOptions = { version: '2.0.0' };
const short = { pause: '3s', drain: '2s', minimumRequests: '20' };

interface JobChange {
  readonly weight?: string;
  readonly change?: AppOptions;
  readonly by?: Endpoint;
}

/** A step in a job of its own, and no other inputs than it needs. */
function job(
  shop: Shop,
  action: 'deploy' | 'promote' | 'reject',
  { weight = '', change = next, by = shop.connection() }: JobChange = {},
): Promise<JobResult> {
  const judged = action === 'deploy' ? {} : { prometheus: '' };
  const inputs = { ...short, ...judged, action, weights: weight, kubernetesServiceConnection: by.id };
  const variables = { 'System.JobId': `${action}-${weight}` };
  return shop.release(change, inputs, { variables, endpoints: [by] });
}

function endsAs({ main, postJob }: JobResult, outcome: string, weight = '0'): void {
  const log = main.lines.join('\n');
  assert.deepEqual([main.outputVariables.outcome, main.outputVariables.weight], [outcome, weight], log);
  assert.deepEqual([main.stderr, postJob?.lines], ['', []]);
}

describe('a release in several jobs, and its users', () => {
  let world: World;
  const stage = stagedWorld(3, started => {
    world = started;
  });

  /** What users saw while jobs ran one after the other, by processes that know nothing of each other. */
  async function under(shop: Shop, jobs: (weights: WeightLog) => Promise<void>): Promise<LoadRecord> {
    const weights = new WeightLog(shop);
    const load = shop.load(100);
    try {
      await jobs(weights);
      await sleep(500);
      return await load.stop();
    } finally {
      await load.stop();
      weights.stop();
    }
  }

  stage.it('lose no request from 25 over 50 % to promotion, by three processes', async () => {
    const shop = await world.shop('jobs', { replicas: 2 });
    const before = await shop.everything();
    let between = { from: 0, to: 0 };
    const record = await under(shop, async weights => {
      endsAs(await job(shop, 'deploy', { weight: '25' }), 'live', '25');
      const canary = await shop.get('apps/v1', 'deployments', 'sample-app-canary');
      // Nobody is there now, and the canary keeps its share.
      const from = Date.now();
      await sleep(2_000);
      between = { from, to: Date.now() };
      endsAs(await job(shop, 'deploy', { weight: '50' }), 'live', '50');
      const same = await shop.get('apps/v1', 'deployments', 'sample-app-canary');
      assert.ok(canary !== undefined);
      assert.equal(same?.metadata.uid, canary.metadata.uid);
      endsAs(await job(shop, 'promote'), 'promoted');
      const seen = weights.changes.map(({ weight }) => weight ?? 'gone');
      assert.deepEqual(seen, [0, 25, 50, 0, 'gone']);
    });
    assert.deepEqual(record.failed(), [], 'no request may be lost');
    const { hits, total } = record.shareOf('2.0.0', between);
    const { least, most } = likelyHits(total, 0.25);
    assert.ok(hits >= least && hits <= most, `${hits} of ${total} requests`);
    await isPromoted(shop, before);
    endsAs(await job(shop, 'promote'), 'unchanged');
  });

  stage.it(
    'lose no request to a canary that is rejected, with no more permissions than docs/rbac.yaml',
    async () => {
      const shop = await world.shop('jobs-reject');
      const before = await shop.everything();
      const [{ rules }] = await documentedRoles();
      const by = await connectionWith(shop, { rules });
      const record = await under(shop, async () => {
        endsAs(await job(shop, 'deploy', { weight: '25', by }), 'live', '25');
        endsAs(await job(shop, 'reject', { by }), 'rejected');
      });
      assert.deepEqual(record.failed(), [], 'no request may be lost');
      assert.deepEqual(await shop.everything(), before);
      endsAs(await job(shop, 'reject'), 'rejected');
    },
  );

  stage.it('get no version that was not tested', async () => {
    const shop = await world.shop('jobs-other');
    const record = await under(shop, async () => {
      endsAs(await job(shop, 'deploy', { weight: '25' }), 'live', '25');
      const parked = await shop.everything();
      const refused = await job(shop, 'promote', { change: { version: '3.0.0' } });
      endsAs(refused, 'failed');
      assert.match(refused.main.outputVariables.reason ?? '', /^CANARY_KEPT: .*not of these manifests/);
      const { 'leases/sample-app-canary': lease, ...now } = await shop.everything();
      const { 'leases/sample-app-canary': __, ...then } = parked;
      assert.deepEqual(now, then);
      assert.ok(lease);
    });
    assert.deepEqual(Object.keys(record.kinds()).sort(), ['200 1.0.0', '200 2.0.0']);
  });
});
