import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { applyObject } from '../../rig/apply.ts';
import type { KubeObject } from '../../rig/kube-client.ts';
import type { LoadRecord } from '../../rig/load/load.ts';
import type { JobResult, RunningStep } from '../agent/test-agent.ts';
import { stepsIn } from '../steps-in.ts';
import { connectionWith, documentedRoles } from './diagnostics-account.ts';
import { stagedWorld } from './staged-world.ts';
import { isPromoted, type Shop, type World } from './world.ts';

/** What stands around stable and selects its pods, and so the canary's. */
const budget: KubeObject = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'sample-app' },
  spec: { minAvailable: '75%', selector: { matchLabels: { app: 'sample-app' } } },
};

const wayIn = ({ host }: Shop): KubeObject => ({
  apiVersion: 'getambassador.io/v3alpha1',
  kind: 'Mapping',
  metadata: { name: 'sample-app' },
  spec: { hostname: host, prefix: '/', service: 'sample-app' },
});

/**
 * Users come in by the rig's Envoy, which plays kube-proxy: it sends to the ready addresses of the Service's EndpointSlices, request by
 * request and in turn, where kube-proxy would draw one for each connection. The shares are those of real requests to real pods.
 */
describe('a release by pods on a real API server', () => {
  let world: World;
  let inputs: Record<string, string>;
  const stage = stagedWorld(3, async started => {
    world = started;
    const pipeline = 'samples/azure-pipelines-pods.yml';
    const [step] = stepsIn(pipeline, await readFile(pipeline, 'utf8'));
    // Its own check, asked of a Prometheus that knows the app.
    const { checks = '' } = step?.inputs ?? {};
    assert.match(checks, /http_requests_total/);
    inputs = { checks, trafficSplitMethod: 'pod', weights: '20, 35', pause: '4s', drain: '2s' };
  });

  /** Releases 2.0.0 while users send requests; resolves to what they saw as well. */
  async function release(
    shop: Shop,
    env: Record<string, string>,
    job: Parameters<Shop['release']>[2] = {},
    more: Record<string, string> = {},
  ): Promise<JobResult & { readonly record: LoadRecord }> {
    const load = shop.load(150);
    try {
      const result = await shop.release({ version: '2.0.0', env }, { ...inputs, ...more }, job);
      return { ...result, record: await load.stop() };
    } catch (thrown) {
      await load.stop();
      throw thrown;
    }
  }

  /** With no more rights than docs/rbac.yaml names, and what the manifests hold besides, and none on anything of Emissary. */
  async function leastConnection(shop: Shop) {
    const [{ rules }] = await documentedRoles();
    const own = rules.filter(({ apiGroups = [] }) => !apiGroups.includes('getambassador.io'));
    assert.ok(own.length < rules.length);
    const besides = {
      apiGroups: ['policy'],
      resources: ['poddisruptionbudgets'],
      verbs: ['get', 'create', 'patch'],
    };
    return connectionWith(shop, { rules: [...own, besides] });
  }

  const podsOf = async (shop: Shop) =>
    (await shop.list('v1', 'pods')).map(({ metadata }) => metadata.name).sort();

  stage.it('has the shares that it says, loses no request, and promotes', async () => {
    const shop = await world.shop('pods-promoted', { empty: true, mappings: [], others: [budget] });
    // The way in is somebody else's: the pipeline neither has it in its manifests nor may look at it.
    await applyObject(world.cluster.client, wayIn(shop), shop.namespace);
    await shop.install();
    const before = await shop.everything();
    const mapping = await shop.get('getambassador.io/v3alpha1', 'mappings', 'sample-app');
    const times: number[] = [];
    let disruptions: unknown;
    let owners: unknown[] = [];
    const during = async (step: RunningStep) => {
      const at = async (line: RegExp) => {
        await step.line(line);
        times.push(Date.now());
      };
      await at(/^ {2}weight {3}20 % asked, 20 % reached: 1 of 5 pods$/);
      disruptions = (await shop.get('policy/v1', 'poddisruptionbudgets', 'sample-app'))?.status;
      owners = (await shop.list('apps/v1', 'replicasets')).map(({ metadata }) => metadata.ownerReferences);
      await at(/Step 2 of 2/);
      await at(/^ {2}weight {3}35 % asked, 33\.3 % reached: 2 of 6 pods$/);
      await at(/Promoting/);
    };
    const connection = await leastConnection(shop);
    const { main, postJob, result, record } = await release(
      shop,
      {},
      { during, endpoints: [connection] },
      { kubernetesServiceConnection: connection.id },
    );
    assert.equal(result, 'Succeeded', main.lines.join('\n'));
    // What may not be seen of Emissary, policies and budgets is nothing that this release needs.
    assert.deepEqual(
      main.issues.filter(({ message }) => /may be (listed|seen)|not allowed/.test(message)),
      [],
    );
    assert.deepEqual([main.outputVariables.outcome, postJob?.lines], ['promoted', []]);
    assert.match(main.lines.join('\n'), /failed-requests .* pass$/m);

    const [one = 0, twoFrom = 0, two = 0, promoting = 0] = times;
    // A second after the line all proxies know the pods.
    for (const [from, to, pods] of [
      [one + 1_000, twoFrom, 1 / 5],
      [two + 1_000, promoting, 2 / 6],
    ] as const) {
      const { share } = record.shareOf('2.0.0', { from, to });
      assert.ok(Math.abs(share - pods) < 0.05, `${share} of the requests at ${pods} of the pods`);
    }
    assert.deepEqual(record.failed(), []);

    await isPromoted(shop, before);
    const { resourceVersion } =
      (await shop.get('getambassador.io/v3alpha1', 'mappings', 'sample-app'))?.metadata ?? {};
    assert.equal(resourceVersion, mapping?.metadata.resourceVersion, 'no Mapping was written');
    // Stable's budget counts the canary's pod as one of its own: 75 % of 5 are 4.
    const { expectedPods, currentHealthy, desiredHealthy } = disruptions as Record<string, number>;
    assert.deepEqual([expectedPods, currentHealthy, desiredHealthy], [5, 5, 4]);
    // And no Deployment adopts what the other made, although stable's selector picks it.
    assert.deepEqual(
      owners.map(refs => (refs as { kind: string; name: string }[]).map(({ name }) => name)).sort(),
      [['sample-app'], ['sample-app-canary']],
    );
  });

  stage.it('rolls back by an own check, and stable never noticed', async () => {
    const shop = await world.shop('pods-rolled-back');
    const [before, pods] = [await shop.everything(), await podsOf(shop)];
    const { main, postJob, result, record } = await release(shop, { SUCCESS_RATE: '60' });
    assert.equal(result, 'Failed', main.lines.join('\n'));
    assert.deepEqual(
      [main.outputVariables.outcome, main.outputVariables.failedCheck],
      ['rolled-back', 'failed-requests'],
    );
    assert.deepEqual(postJob?.lines, []);
    assert.deepEqual(await shop.everything(), before);
    assert.deepEqual(await podsOf(shop), pods);
    const lost = record.failed().filter(({ version }) => version !== '2.0.0');
    assert.deepEqual(lost, [], 'but for those that the bad version answered itself');
  });

  stage.it('that is killed is cleaned up after by the guard', async () => {
    const shop = await world.shop('pods-killed');
    const [before, pods] = [await shop.everything(), await podsOf(shop)];
    const during = async (step: RunningStep) => {
      await step.line(/ 20 % asked, 20 % reached/);
      await step.line(/ 20 % .* pass$/);
      step.kill();
    };
    const { postJob, record } = await release(shop, {}, { during }, { pause: '60s' });
    assert.match(postJob?.lines.join('\n') ?? '', /left its canary at 20 %: taking it back/);
    assert.deepEqual(await shop.everything(), before);
    assert.deepEqual(await podsOf(shop), pods);
    assert.deepEqual(record.failed(), []);
  });
});
