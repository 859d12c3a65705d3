import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyObject } from '../../rig/apply.ts';
import { type KubeObject, patchType } from '../../rig/kube-client.ts';
import { until } from '../../rig/until.ts';
import type { JobResult, RunningStep } from '../agent/test-agent.ts';
import { stagedWorld } from './staged-world.ts';
import type { Shop, World } from './world.ts';

const small = { replicas: 2 };
const inputs = { weights: '20', pause: '60s', drain: '2s' };
/** A line of a measurement: the canary has users. */
const measured = / 20 % .* pass$/;
const v3 = 'getambassador.io/v3alpha1';

function endsAs({ main }: JobResult, outcome: string, reason: RegExp): void {
  const log = main.lines.join('\n');
  assert.equal(main.outputVariables.outcome, outcome, log);
  assert.match(main.outputVariables.reason ?? '', reason, log);
  console.log(`      ${main.outputVariables.reason}`);
}

const hpa = (minReplicas: number): KubeObject => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'sample-app' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'sample-app' },
    minReplicas,
    maxReplicas: 6,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ],
  },
});

async function minimum(shop: Shop): Promise<unknown> {
  const found = await shop.get('autoscaling/v2', 'horizontalpodautoscalers', 'sample-app');
  return (found?.spec as { minReplicas?: number } | undefined)?.minReplicas;
}

async function replicas(shop: Shop): Promise<unknown> {
  const found = await shop.get('apps/v1', 'deployments', 'sample-app');
  return (found?.spec as { replicas?: number } | undefined)?.replicas;
}

describe('a release that somebody else meddles with', () => {
  let world: World;
  const stage = stagedWorld(4, started => {
    world = started;
  });

  /** A release under load, during which this happens. */
  async function meddled(shop: Shop, happen: () => Promise<void>, rate = 60): Promise<JobResult> {
    const load = shop.load(rate);
    const during = async (step: RunningStep) => {
      await step.line(measured);
      await happen();
    };
    try {
      return await shop.release({ version: '2.0.0' }, inputs, { during });
    } finally {
      await load.stop();
    }
  }

  stage.it(
    "deletes the canary's Mapping at once where stable's is gone, for it would take everything",
    async () => {
      const shop = await world.shop('mapping-gone', small);
      const { client } = world.cluster;
      const path = `/apis/${v3}/namespaces/${shop.namespace}/mappings/sample-app`;
      const load = shop.load(200);
      let deletedAt = 0;
      let goneAfter = Number.NaN;
      const during = async (step: RunningStep) => {
        await step.line(measured);
        await client.delete(path);
        deletedAt = Date.now();
        await until('the twin is gone', async () => (await shop.list(v3, 'mappings')).length === 0, {
          everyMs: 5,
        });
        goneAfter = Date.now() - deletedAt;
      };
      let job: JobResult;
      let backAt = 0;
      try {
        job = await shop.release({ version: '2.0.0' }, inputs, { during });
        for (const mapping of shop.mappings()) await applyObject(client, mapping, shop.namespace);
        await until('stable answers again', () => shop.answers());
        backAt = Date.now();
        await sleep(500);
      } finally {
        await load.stop();
      }
      const { record } = load;

      endsAs(
        job,
        'rolled-back',
        /^At 20 %: drift found: Mapping mapping-gone\/sample-app is gone: somebody deleted it/,
      );
      const last = record.last('2.0.0')?.intendedAt ?? 0;
      console.log(
        `      the twin was gone ${goneAfter} ms after stable's Mapping, the last request of the canary came after ${Math.round(last - deletedAt)} ms; ${JSON.stringify(record.kinds())}`,
      );
      assert.deepEqual(record.failed({ to: deletedAt }), [], 'nobody is hurt before');
      // What has no Mapping at all has no route: that is what the person wanted, and no request is answered by a missing pod.
      const odd = record
        .answers({ from: deletedAt })
        .filter(({ status }) => status !== 200 && status !== 404);
      assert.deepEqual(odd, []);
      assert.ok(goneAfter < 1000, `${goneAfter} ms`);
      assert.ok(last - deletedAt < 3000, 'the canary got nothing more');
      assert.equal(record.shareOf('1.0.0', { from: backAt }).share, 1);
      assert.deepEqual(
        Object.keys(await shop.everything()).filter(name => name.includes('canary')),
        [],
      );
    },
  );

  stage.it('takes the canary back where somebody gives it more than its weight', async () => {
    const shop = await world.shop('twin-edited', small);
    const before = await shop.everything();
    const path = `/apis/${v3}/namespaces/${shop.namespace}/mappings/sample-app-canary?fieldManager=kubectl-edit`;
    const job = await meddled(shop, async () => {
      await world.cluster.client.patch(path, { spec: { weight: 90 } }, patchType.merge);
    });
    endsAs(
      job,
      'rolled-back',
      /drift found: Mapping \S+ got the weight 90 \(by kubectl-edit\), which this release did not/,
    );
    assert.deepEqual(await shop.everything(), before);
  });

  stage.it('leaves alone what somebody else deploys to stable meanwhile', async () => {
    const shop = await world.shop('deployed', small);
    const job = await meddled(shop, async () => {
      const other = shop.manifests({ version: '3.0.0' }).find(({ kind }) => kind === 'Deployment');
      if (other !== undefined) await applyObject(world.cluster.client, other, shop.namespace);
    });
    endsAs(
      job,
      'rolled-back',
      /drift found: Deployment \S+ got other pods \(by rig-user\): another deployment is under way/,
    );
    assert.match(JSON.stringify(await shop.everything()), /sample-app:3\.0\.0/);
    assert.doesNotMatch(JSON.stringify(await shop.everything()), /canary/);
  });

  stage.it('has what a quota forbids named, and leaves nothing', async () => {
    const shop = await world.shop('quota', small);
    const { client } = world.cluster;
    const quota = (hard: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'quota' },
      spec: { hard },
    });
    const before = await shop.everything();
    const counted = async (hard: object) => {
      await applyObject(client, quota(hard), shop.namespace);
      await until('the quota is counted', async () => {
        const [found] = await shop.list('v1', 'resourcequotas');
        const { status } = found as { status?: { used?: object; hard?: object } };
        return JSON.stringify(Object.keys(status?.used ?? {})) === JSON.stringify(Object.keys(hard));
      });
    };
    await counted({ 'count/deployments.apps': '1' });
    endsAs(
      await shop.release({ version: '2.0.0' }, inputs),
      'failed',
      /^CLUSTER_REFUSED: .*exceeded quota: quota/,
    );
    await counted({ pods: '2' });
    const job = await shop.release({ version: '2.0.0' }, { ...inputs, rolloutTimeout: '4s' });
    endsAs(job, 'rolled-back', /ROLLOUT_NOT_READY: .*exceeded quota: quota/);
    assert.deepEqual(await shop.everything(), before);
  });

  stage.it(
    'is refused before anything is touched where an admission policy would refuse the canary',
    async () => {
      const shop = await world.shop('admission', small);
      const { client } = world.cluster;
      const name = 'no-canaries';
      const admission = '/apis/admissionregistration.k8s.io/v1';
      const rule = {
        apiGroups: ['apps'],
        apiVersions: ['v1'],
        resources: ['deployments'],
        operations: ['CREATE'],
      };
      const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': shop.namespace } };
      await client.create(`${admission}/validatingadmissionpolicies`, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name },
        spec: {
          matchConstraints: { namespaceSelector, resourceRules: [rule] },
          validations: [{ expression: 'false', message: 'ask the platform team before you deploy here' }],
        },
      });
      await client.create(`${admission}/validatingadmissionpolicybindings`, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name },
        spec: { policyName: name, validationActions: ['Deny'] },
      });
      try {
        const [app] = shop.manifests().filter(({ kind }) => kind === 'Deployment');
        const probe = { ...app, metadata: { ...app?.metadata, name: 'probe' } };
        const create = `/apis/apps/v1/namespaces/${shop.namespace}/deployments?dryRun=All`;
        await until('the policy is in force', () =>
          client.create(create, probe).then(
            () => false,
            () => true,
          ),
        );
        const before = await shop.everything();
        const job = await shop.release({ version: '2.0.0' }, inputs);
        endsAs(
          job,
          'failed',
          /Could not patch Deployment admission\/sample-app-canary: .*ask the platform team/,
        );
        assert.deepEqual(await shop.everything(), before);
      } finally {
        await client.delete(`${admission}/validatingadmissionpolicybindings/${name}`);
        await client.delete(`${admission}/validatingadmissionpolicies/${name}`);
      }
    },
  );

  stage.it('ends where its namespace goes away, and says so', async () => {
    const shop = await world.shop('going', small);
    const job = await meddled(shop, async () => {
      await world.cluster.client.delete(`/api/v1/namespaces/${shop.namespace}`);
    });
    // The pods, or what the release stands on: whichever goes first.
    endsAs(job, 'rolled-back', /^At 20 %: (pods not healthy|drift found): /);
    assert.equal(job.main.outputVariables.weight, '0');
  });

  stage.it(
    'keeps an autoscaled stable at its size, whoever scales it, and restores its minimum',
    async () => {
      const shop = await world.shop('autoscaled', { others: [hpa(1)], replicas: 3 });
      const job = await shop.release({ version: '2.0.0' }, inputs, {
        during: async step => {
          await step.line(/minReplicas 3 during the release/);
          assert.equal(await minimum(shop), 3);
          await step.line(/20 % of the requests go to the canary/);
          const path = `/apis/apps/v1/namespaces/${shop.namespace}/deployments/sample-app/scale`;
          await world.cluster.client.patch(path, { spec: { replicas: 1 } }, patchType.merge);
          await until('the autoscaler has scaled stable again', async () => (await replicas(shop)) === 3);
          await step.cancel();
        },
      });
      endsAs(job, 'cancelled', /cancelled/);
      assert.equal(await minimum(shop), 1);
    },
  );

  stage.it('restores the minimum with the next run, where it died and nobody cleaned up', async () => {
    const shop = await world.shop('autoscaled-killed', { others: [hpa(1)], ...small });
    let next: JobResult | undefined;
    await shop.release({ version: '2.0.0' }, inputs, {
      during: async step => {
        await step.line(/minReplicas 2 during the release/);
        step.kill();
      },
      afterMain: async () => {
        assert.equal(await minimum(shop), 2);
        next = await shop.release({}, inputs);
      },
    });
    assert.ok(next !== undefined);
    endsAs(next, 'unchanged', /already runs/);
    assert.equal(await minimum(shop), 1);
    assert.doesNotMatch(JSON.stringify(await shop.everything()), /canary/);
  });
});
