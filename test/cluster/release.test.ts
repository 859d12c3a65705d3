import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import { azureSubscriptionEndpoint, kubeconfigEndpoint, serviceAccountEndpoint } from '../agent/endpoints.ts';
import { loseAgent } from '../agent/lost-agent.ts';
import type { JobResult, RunningStep } from '../agent/test-agent.ts';
import { unwrapped } from '../unwrapped.ts';
import { connectionWith, documentedRoles } from './diagnostics-account.ts';
import { stagedWorld } from './staged-world.ts';
import { isPromoted, type Shop, type World } from './world.ts';

const short = { weights: '50', pause: '4s', drain: '6s' };

describe('the step on a real API server', () => {
  let world: World;
  const stage = stagedWorld(3, started => {
    world = started;
  });

  /** Runs a release of 2.0.0 while users send requests, so that it can be judged. */
  async function release(
    shop: Shop,
    env: Record<string, string>,
    inputs: Record<string, string> = short,
    job: Parameters<Shop['release']>[2] = {},
  ): Promise<JobResult> {
    const load = shop.load(100);
    try {
      return await shop.release({ version: '2.0.0', env }, inputs, job);
    } finally {
      await load.stop();
    }
  }

  function endsWell({ main, postJob }: JobResult, outcome: string): void {
    assert.equal(main.outputVariables.outcome, outcome, main.lines.join('\n'));
    assert.equal(main.exitCode, 0);
    assert.equal(main.stderr, '');
    assert.equal(postJob?.stderr, '');
    assert.deepEqual(postJob?.lines, [], 'the guard has nothing to do and says nothing');
  }

  for (const { major, path } of ensureAgentNodes()) {
    stage.it(
      `promotes on Node ${major}, and then every object is what the manifests say and nothing else is there`,
      async () => {
        const shop = await world.shop(`promoted-${major}`);
        const before = await shop.everything();
        const job = await release(shop, {}, short, { nodePath: path });
        endsWell(job, 'promoted');
        assert.equal(job.result, 'Succeeded');
        await isPromoted(shop, before);
      },
    );

    stage.it(`rolls back on Node ${major}, and then every object is what it was`, async () => {
      const shop = await world.shop(`rolled-back-${major}`);
      const before = await shop.everything();
      const job = await release(shop, { SUCCESS_RATE: '60' }, short, { nodePath: path });
      endsWell(job, 'rolled-back');
      assert.equal(job.result, 'Failed');
      assert.equal(job.main.outputVariables.failedCheck, 'success-rate');
      assert.equal(job.main.outputVariables.weight, '0');
      assert.deepEqual(await shop.everything(), before);
    });
  }

  stage.it('installs a first release, and then has nothing to do', async () => {
    const shop = await world.shop('first', { empty: true });
    const first = await shop.release({ version: '1.0.0' });
    endsWell(first, 'first-release');
    assert.deepEqual(Object.keys(await shop.everything()).sort(), [
      'configmaps/kube-root-ca.crt',
      'deployments/sample-app',
      'mappings/sample-app',
      'services/sample-app',
    ]);
    const before = await shop.list('apps/v1', 'deployments');
    const second = await shop.release({ version: '1.0.0' });
    endsWell(second, 'unchanged');
    assert.deepEqual(await shop.list('apps/v1', 'deployments'), before, 'not even a resourceVersion moves');
  });

  stage.it('removes a first release that never gets ready', async () => {
    const shop = await world.shop('first-bad', { empty: true });
    const job = await shop.release({ env: { STARTUP_MS: '600000' } }, { rolloutTimeout: '5s' });
    endsWell(job, 'rolled-back');
    assert.deepEqual(Object.keys(await shop.everything()), ['configmaps/kube-root-ca.crt']);
  });

  stage.it('connects by each kind of Kubernetes service connection', async () => {
    const { server, adminToken, caPem, kubeconfigPath } = world.cluster;
    const connections = [
      kubeconfigEndpoint({ kubeconfig: await readFile(kubeconfigPath, 'utf8') }),
      azureSubscriptionEndpoint({ server, token: adminToken, certificate: caPem, namespace: 'connections' }),
      serviceAccountEndpoint({ server, token: adminToken, acceptUntrustedCerts: true }),
    ];
    const shop = await world.shop('connections');
    for (const connection of connections) {
      const inputs = { kubernetesServiceConnection: connection.id };
      const job = await shop.release({}, inputs, { endpoints: [connection] });
      endsWell(job, 'unchanged');
      assert.ok(!job.main.lines.join('\n').includes(adminToken));
    }
  });

  stage.it('needs no more than the permissions of docs/rbac.yaml', async () => {
    const [{ rules }] = await documentedRoles();
    const shop = await world.shop('least');
    const connection = await connectionWith(shop, { rules });
    const by = { kubernetesServiceConnection: connection.id };
    const job = { endpoints: [connection] };
    const bad = await shop.release({ env: { STARTUP_MS: '600000' } }, { ...by, rolloutTimeout: '3s' }, job);
    endsWell(bad, 'rolled-back');
    assert.match(bad.main.lines.join('\n'), /readiness probe/i, 'the reason is among the pods and events');
    endsWell(await release(shop, {}, { ...short, ...by }, job), 'promoted');

    const less = rules.map(rule => ({ ...rule, verbs: rule.verbs.filter(verb => verb !== 'delete') }));
    const other = await connectionWith(shop, { name: 'keeper', rules: less });
    const before = await shop.everything();
    const inputs = { kubernetesServiceConnection: other.id };
    const { main } = await shop.release({ version: '3.0.0' }, inputs, { endpoints: [other] });
    assert.equal(main.outputVariables.outcome, 'failed');
    assert.match(
      main.lines.join('\n'),
      /The release would need to delete deployments\.apps in namespace least/,
    );
    assert.deepEqual(await shop.everything(), before);
  });

  stage.it('stops at once when it is cancelled, and leaves nothing', async () => {
    const shop = await world.shop('cancelled');
    const before = await shop.everything();
    const during = async (step: RunningStep) => {
      await step.line(/ 20 % .* pass$/);
      await step.cancel();
    };
    const job = await release(shop, {}, { weights: '20', pause: '60s' }, { during });
    assert.equal(job.result, 'Canceled');
    assert.equal(job.main.outputVariables.outcome, 'cancelled');
    assert.deepEqual(await shop.everything(), before);
  });

  stage.it('that is killed is cleaned up after by the guard', async () => {
    const shop = await world.shop('killed');
    const before = await shop.everything();
    const during = async (step: RunningStep) => {
      await step.line(/ 20 % .* pass$/);
      step.kill();
    };
    const job = await release(shop, {}, { weights: '20', pause: '60s' }, { during });
    assert.match(job.postJob?.lines.join('\n') ?? '', /left its canary at 20 %: taking it back/);
    assert.deepEqual(await shop.everything(), before);
  });

  stage.it(
    'that is killed while stable is replaced leaves the canary its share until stable is ready',
    async () => {
      const shop = await world.shop('killed-promoting');
      const names = Object.keys(await shop.everything());
      const during = async (step: RunningStep) => {
        await step.line(/Deployment killed-promoting\/sample-app {2}new version/);
        step.kill();
      };
      const load = shop.load(100);
      const job = await shop.release({ version: '2.0.0' }, short, { during });
      const record = await load.stop();
      assert.match(job.postJob?.lines.join('\n') ?? '', /left its canary at 50 %/);
      assert.deepEqual(Object.keys(await shop.everything()), names);
      assert.deepEqual(record.failed(), []);
    },
  );

  stage.it('without a guard is cleaned up after by the next run, which then releases', async () => {
    const shop = await world.shop('next-run');
    const names = Object.keys(await shop.everything());
    await loseAgent(/ 20 % .* pass$/, job => release(shop, {}, { weights: '20', pause: '60s' }, job));
    assert.ok((await shop.get('apps/v1', 'deployments', 'sample-app-canary')) !== undefined);
    const job = await release(shop, {}, short, { variables: { 'Build.BuildId': '77' } });
    endsWell(job, 'promoted');
    assert.match(
      unwrapped(job.main.lines),
      /Rolling back: an earlier run left its canary behind \(.*; its steps or its checks were others\)/,
    );
    assert.deepEqual(Object.keys(await shop.everything()), names);
  });

  stage.it('waits for no other run of the same workload, and names it', async () => {
    const shop = await world.shop('twice');
    let second: JobResult | undefined;
    const during = async (step: RunningStep) => {
      await step.line(/ 20 % .* pass$/);
      second = await shop.release({ version: '3.0.0' }, short, { variables: { 'Build.BuildId': '78' } });
    };
    const job = await release(shop, {}, { weights: '20', pause: '20s' }, { during });
    endsWell(job, 'promoted');
    assert.match(
      second?.main.outputVariables.reason ?? '',
      /LOCKED: Another release of the same workload is running/,
    );
  });
});
