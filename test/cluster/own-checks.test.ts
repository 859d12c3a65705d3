import assert from 'node:assert/strict';
import type { JobResult } from '../agent/test-agent.ts';
import { connectionWith } from './diagnostics-account.ts';
import { prometheusService } from './outside-service.ts';
import { type Shop, World } from './world.ts';

const monitoring = 'monitoring';
const prometheus = `${monitoring}/prometheus`;

describe('own checks and a Prometheus behind the API server', () => {
  let world: World;
  let shop: Shop;

  before(async () => {
    world = await World.start();
    [shop] = await Promise.all([world.shop('own-checks'), prometheusService(world, monitoring)]);
  });
  after(() => world?.stop());

  const told = ({ main }: JobResult) =>
    main.issues.filter(({ type }) => type === 'error').map(({ message }) => message);

  it('refuses a query that is wrong before the first write', async () => {
    const before = await shop.everything();
    const checks =
      '- name: broken\n  query: sum(rate(up{{{window}}}))\n  max: 1\n- name: text\n  query: \'"seven"\'\n  max: 1';
    const job = await shop.release({ version: '2.0.0' }, { prometheus, checks });
    const [broken = '', text = ''] = told(job);
    assert.match(
      broken,
      /^INPUT_INVALID: .*the query of broken: .*found bad_data: .*parse error/,
      job.main.lines.join('\n'),
    );
    assert.match(text, /the query of text: .*comes to a string/);
    assert.equal(job.main.outputVariables.outcome, 'failed');
    assert.deepEqual(await shop.everything(), before);
  });

  it('names the verb that the account lacks', async () => {
    // The list of the rig's accounts is short: everything but asking Services.
    const rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
    const core = ['services', 'pods', 'events', 'configmaps', 'secrets', 'namespaces', 'serviceaccounts'];
    const connection = await connectionWith(shop, {
      name: 'no-proxy',
      clusterRules: [
        { ...rule, apiGroups: [''], resources: core },
        { ...rule, apiGroups: ['apps', 'getambassador.io', 'coordination.k8s.io', 'autoscaling'] },
      ],
    });
    const job = await shop.release(
      { version: '2.0.0' },
      { prometheus: `${prometheus}:9090`, kubernetesServiceConnection: connection.id },
      { endpoints: [connection] },
    );
    assert.match(
      told(job).join('\n'),
      /^failed: CLUSTER_FORBIDDEN: Could not get Service monitoring\/prometheus:9090 .*Allow the account of the service connection to get services\/proxy in namespace monitoring$/,
      job.main.lines.join('\n'),
    );
  });

  it('takes a version back whose own metric is beyond the limit', async () => {
    const before = await shop.everything();
    const load = shop.load(100, 60_000);
    try {
      // The app's own counter, by the pods' name; all requests are answered well, so only this check can fail.
      const checks =
        '- name: answers\n  query: |\n    sum(rate(http_requests_total{namespace="{{namespace}}", pod=~"{{canary}}-.*"}[{{window}}]))\n  max: 0.5\n';
      const job = await shop.release({ version: '2.0.0' }, { prometheus: `${prometheus}:web`, checks });
      const log = job.main.lines.join('\n');
      const { outcome, failedCheck, reason = '' } = job.main.outputVariables;
      assert.deepEqual([outcome, failedCheck], ['rolled-back', 'answers'], log);
      assert.match(reason, /^At 10 %: answers [\d.]+ \(limit ≤ 0\.5\)/);
      assert.match(log, /^ 10 % .* success-rate +100 % /m);
      assert.deepEqual((await load.stop()).failed(), []);
      assert.deepEqual(await shop.everything(), before);
    } finally {
      await load.stop();
    }
  });
});
