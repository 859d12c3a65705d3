import assert from 'node:assert/strict';
import type { KubeObject } from '../../rig/kube-client.ts';
import type { JobResult, RunningStep } from '../agent/test-agent.ts';
import { stagedWorld } from './staged-world.ts';
import type { AppOptions, Shop, World } from './world.ts';

const short = { weights: '50', pause: '4s', drain: '6s' };

/** What stands around the app: what configures it, what scales it, who may talk to it, and how many pods may go at once. */
function around(version: string, successRate: string, more: Record<string, string> = {}): KubeObject[] {
  const selector = { matchLabels: { app: 'sample-app' } };
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', labels: { team: 'blue' } },
      data: { VERSION: version, ...more },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys' },
      stringData: { rate: successRate },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'sample-app' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'sample-app' },
        // All that run: nothing has to be held (meddling.test.ts).
        minReplicas: 4,
        maxReplicas: 6,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
          },
        ],
      },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'sample-app' },
      spec: {
        podSelector: selector,
        policyTypes: ['Ingress'],
        ingress: [{ ports: [{ port: 8080 }] }, { from: [{ podSelector: selector }] }],
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'sample-app' },
      spec: { minAvailable: 2, selector },
    },
  ];
}

/** Without the labels that the app's other tests give it. */
const pods = {
  metadata: { labels: { app: 'sample-app' } },
  spec: {
    terminationGracePeriodSeconds: 10,
    containers: [
      {
        name: 'app',
        image: 'registry.example.com/sample-app:1.0.0',
        ports: [{ name: 'http', containerPort: 8080 }],
        envFrom: [{ configMapRef: { name: 'settings' } }],
        env: [
          { name: 'SUCCESS_RATE', valueFrom: { secretKeyRef: { name: 'keys', key: 'rate' } } },
          { name: 'SHUTDOWN_MS', value: '500' },
        ],
        readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 1 },
        lifecycle: { preStop: { exec: { command: ['sleep', '2'] } } },
      },
    ],
  },
};

describe('a release with all that stands around a workload', () => {
  let world: World;
  const stage = stagedWorld(2, started => {
    world = started;
  });

  const app = (others: KubeObject[]): AppOptions => ({ others, spec: { template: pods } });
  const shopOf = (name: string) => world.shop(name, app(around('1.0.0', '100', { OLD_FLAG: 'on' })));

  /** Releases while users send requests, and looks at the canary while it has its share. */
  async function release(shop: Shop, others: KubeObject[], look?: () => Promise<void>): Promise<JobResult> {
    const load = shop.load(100);
    const during = async (step: RunningStep) => {
      await step.line(/ 50 % .* pass$/);
      await look?.();
    };
    try {
      return await shop.release(app(others), short, look === undefined ? {} : { during });
    } finally {
      await load.stop();
    }
  }

  stage.it('rolls back to what it was, byte for byte', async () => {
    const shop = await shopOf('surroundings-back');
    const before = await shop.everything();
    const job = await release(shop, around('2.0.0', '60'));
    assert.equal(job.main.outputVariables.outcome, 'rolled-back', job.main.lines.join('\n'));
    assert.equal(job.main.outputVariables.failedCheck, 'success-rate');
    assert.deepEqual(job.postJob?.lines, []);
    assert.equal(JSON.stringify(await shop.everything()), JSON.stringify(before));
  });

  stage.it('has only the canary read new configuration, and promotes it into pods that read it', async () => {
    const shop = await shopOf('surroundings-on');
    const before = await shop.everything();
    const seen: Record<string, unknown>[] = [];
    const job = await release(shop, around('2.0.0', '100.0'), async () => {
      seen.push(await shop.everything());
    });
    const log = job.main.lines.join('\n');
    assert.equal(job.main.outputVariables.outcome, 'promoted', log);
    assert.equal(job.result, 'Succeeded', log);

    const [meanwhile = {}] = seen;
    for (const name of Object.keys(before)) assert.deepEqual(meanwhile[name], before[name], name);
    assert.deepEqual(
      Object.keys(meanwhile).filter(name => !(name in before) && !name.startsWith('leases/')),
      [
        'deployments/sample-app-canary',
        'services/sample-app-canary',
        'configmaps/settings-canary',
        'secrets/keys-canary',
        'networkpolicies/sample-app-canary',
        'networkpolicies/sample-app-peers-canary',
        'poddisruptionbudgets/sample-app-canary',
        'mappings/sample-app-canary',
      ],
    );

    const after = await shop.everything();
    assert.deepEqual(Object.keys(after), Object.keys(before));
    const settings = after['configmaps/settings'] as KubeObject & { data: unknown };
    assert.deepEqual(settings.data, { VERSION: '2.0.0' }, 'what the manifest no longer has is gone');
    const keys = after['secrets/keys'] as KubeObject & { data: { rate: string } };
    assert.equal(Buffer.from(keys.data.rate, 'base64').toString(), '100.0');
    for (const name of Object.keys(before).filter(name => !/settings|keys|deployments/.test(name))) {
      assert.deepEqual(after[name], before[name], name);
    }
    const load = shop.load(100, 1000);
    await load.done;
    const answers = load.record.answers();
    assert.ok(answers.length > 50);
    assert.ok(
      answers.every(({ status, version }) => status === 200 && version === '2.0.0'),
      'every pod of stable has read it',
    );
    assert.ok(!log.includes('OLD_FLAG'), 'the log shows no configuration');
    const again = await shop.release(app(around('2.0.0', '100.0')), short);
    assert.equal(again.main.outputVariables.outcome, 'unchanged', again.main.lines.join('\n'));
  });
});
