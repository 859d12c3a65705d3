import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { patchType } from '../../rig/kube-client.ts';
import type { LoadRecord } from '../../rig/load/load.ts';
import type { JobResult } from '../agent/test-agent.ts';
import { reportOf } from '../report-of.ts';
import { stagedWorld } from './staged-world.ts';
import { WeightLog } from './weight-log.ts';
import type { AppOptions, Shop, World } from './world.ts';

/** How long after the stored weight 0 Envoy may still send to the canary: Emissary's batching, and a busy machine. */
const envoyNeeds = 2_500;

describe('users and a release', () => {
  let world: World;
  const stage = stagedWorld(3, started => {
    world = started;
  });

  interface Story {
    readonly job: JobResult;
    readonly record: LoadRecord;
    readonly weights: WeightLog;
  }

  /** A release under load; prints what became of the requests. */
  async function tell(shop: Shop, release: () => Promise<JobResult>, rate = 200): Promise<Story> {
    const weights = new WeightLog(shop);
    const load = shop.load(rate);
    try {
      const job = await release();
      assert.equal(job.main.stderr, '', 'nothing on stderr');
      await sleep(1_000);
      const record = await load.stop();
      const kinds = Object.entries(record.kinds()).map(([kind, count]) => `${kind}: ${count}`);
      console.log(`      ${shop.namespace}: ${kinds.join(', ')}; lost ${record.failed().length}`);
      return { job, record, weights };
    } finally {
      await load.stop();
      weights.stop();
    }
  }

  function outcome({ main }: JobResult): string {
    const { outcome, reason } = main.outputVariables;
    return `${outcome}: ${reason}`;
  }

  /** Promoted, with no request lost and nothing of the canary left behind. */
  async function promotes(
    shop: Shop,
    change: AppOptions,
    inputs: Record<string, string> = {},
    rate = 200,
  ): Promise<Story> {
    const before = Object.keys(await shop.everything());
    const story = await tell(shop, () => shop.release({ version: '2.0.0', ...change }, inputs), rate);
    assert.match(outcome(story.job), /^promoted: /, story.job.main.lines.join('\n'));
    assert.deepEqual(story.record.failed(), [], 'no request may be lost');
    assert.deepEqual(Object.keys(await shop.everything()), before);
    const stable = await shop.get('apps/v1', 'deployments', 'sample-app');
    assert.match(JSON.stringify(stable?.spec), /sample-app:2\.0\.0/);
    return story;
  }

  /** Taken back, with every object as it was before. */
  async function takesBack(
    shop: Shop,
    change: AppOptions,
    why: RegExp,
    inputs: Record<string, string> = {},
    rate = 100,
  ): Promise<Story> {
    const before = await shop.everything();
    const story = await tell(shop, () => shop.release({ version: '2.0.0', ...change }, inputs), rate);
    assert.equal(story.job.main.result, 'Failed');
    assert.match(outcome(story.job), why, story.job.main.lines.join('\n'));
    assert.deepEqual(await shop.everything(), before);
    return story;
  }

  stage.it(
    'climb 10, 25, 50, 100 % with a good version, and lose no request, nor at its promotion',
    async () => {
      const { record, weights } = await promotes(await world.shop('happy'), {});
      const steps = [10, 25, 50, 100].map(weight => ({ weight, from: weights.when(weight) + envoyNeeds }));
      for (const [index, { weight, from }] of steps.entries()) {
        const to = steps[index + 1]?.from ?? from + 3_000;
        const seen = record.shareOf('2.0.0', { from, to: Math.max(from + 1_000, to - envoyNeeds) });
        console.log(
          `      ${weight} % asked, ${(100 * seen.share).toFixed(1)} % seen (${(100 * seen.low).toFixed(1)}–${(100 * seen.high).toFixed(1)}, ${seen.total} requests)`,
        );
        // Wilson's interval at 95 % would fail one run in five; four standard errors do not.
        const slack = 2.1 * ((seen.high - seen.low) / 2);
        assert.ok(Math.abs(seen.share - weight / 100) <= slack, `${weight} %: ${JSON.stringify(seen)}`);
      }
    },
  );

  for (const [name, strategy] of [
    ['recreate', { type: 'Recreate' }],
    ['unavailable', { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '100%', maxSurge: 0 } }],
  ] as const) {
    stage.it(`lose no request where promotion takes all of stable at once (${name})`, async () => {
      const shop = await world.shop(name, { spec: { strategy }, replicas: 2 });
      await promotes(shop, {}, { weights: '20, 50', pause: '4s' });
    });
  }

  stage.it(
    'meet a version with errors at 10 %: no more of them than its weight, and none once it is taken back',
    async () => {
      const shop = await world.shop('errors');
      const { job, record, weights } = await takesBack(
        shop,
        { env: { SUCCESS_RATE: '70' } },
        /^rolled-back: At 10 %: (success-rate \d.*limit ≥ 99 %|errors-vs-stable .*sure it is worse)/,
      );
      const from = weights.when(10);
      const stopped = weights.when(0, from);
      const failed = record.failed().length;
      const all = record.answers({ from, to: stopped + envoyNeeds }).length;
      console.log(`      ${failed} of ${all} requests failed in ${stopped - from} ms at 10 %`);
      assert.ok(failed > 0 && failed / all <= 0.1, `${failed} of ${all}`);
      const touched = record.answers().filter(({ version }) => version === '2.0.0').length;
      assert.deepEqual(reportOf(job).users, { requests: touched, failed }, 'users touched, as they know it');
      const last = record.last('2.0.0');
      assert.ok(last !== undefined && last.intendedAt <= stopped + envoyNeeds);
      console.log(
        `      last canary request ${Math.round(last.intendedAt - stopped)} ms after the stored weight 0`,
      );
    },
  );

  stage.it('meet a slow version at 25 %', async () => {
    const shop = await world.shop('slow');
    await takesBack(
      shop,
      { env: { DELAY_MS: '400' } },
      /^rolled-back: At 25 %: latency/,
      { weights: '25', successRate: 'none', latency: 'p95<250ms', pause: '12s' },
      60,
    );
  });

  stage.it('never meet a version that does not get ready', async () => {
    const shop = await world.shop('never-ready');
    const { record } = await takesBack(
      shop,
      { env: { STARTUP_MS: '600000' } },
      /^rolled-back: .*(not ready|0 of 1 pods ready|readiness)/i,
      { rolloutTimeout: '8s' },
    );
    assert.deepEqual(record.kinds(), { '200 1.0.0': record.answers().length });
  });

  stage.it('meet a version that crashes under load', async () => {
    const shop = await world.shop('crash');
    const { record, weights } = await takesBack(
      shop,
      { env: { CRASH_AFTER_REQUESTS: '15' } },
      /^rolled-back: At 10 %: (success-rate|errors-vs-stable|pods)/,
      { pause: '15s' },
    );
    const all = record.answers({
      from: weights.when(10),
      to: weights.when(0, weights.when(10)) + envoyNeeds,
    });
    assert.ok(record.failed().length / all.length <= 0.1);
  });

  stage.it('are not touched where Prometheus is down at the start', async () => {
    const shop = await world.shop('no-prometheus');
    const before = await shop.everything();
    const inputs = { prometheus: 'http://127.0.0.1:9' };
    const { job, record } = await tell(shop, () => shop.release({ version: '2.0.0' }, inputs));
    assert.match(outcome(job), /^failed: PROMETHEUS_UNREACHABLE/);
    assert.deepEqual(await shop.everything(), before);
    assert.deepEqual(record.kinds(), { '200 1.0.0': record.answers().length });
  });

  stage.it('that do not come at all leave a version unproven, and it is taken back', async () => {
    const shop = await world.shop('quiet');
    const before = await shop.everything();
    const { main } = await shop.release({ version: '2.0.0' }, { weights: '50', pause: '4s', drain: '3s' });
    assert.match(
      outcome({ main, result: main.result }),
      /^rolled-back: At 50 %: still not clear after 00:0[89]: .*no (?:data|requests)/,
    );
    assert.deepEqual(await shop.everything(), before);
  });

  stage.it('of two Mappings to one Service are both shared with the canary', async () => {
    const mapping = (name: string, prefix: string) => ({
      apiVersion: 'getambassador.io/v3alpha1',
      kind: 'Mapping',
      metadata: { name },
      spec: { hostname: 'two.example.com', prefix, service: 'sample-app' },
    });
    const shop = await world.shop('two', {
      mappings: [mapping('sample-app', '/'), mapping('sample-app-api', '/api/')],
    });
    const api = shop.load(50, 120_000, {}, '/api/');
    const { weights } = await promotes(shop, {}, { weights: '50', pause: '6s' }, 100);
    const record = await api.stop();
    assert.deepEqual(record.failed(), []);
    const from = weights.when(50) + envoyNeeds;
    const { low, high } = record.shareOf('2.0.0', { from, to: from + 3_000 });
    assert.ok(low - 0.15 <= 0.5 && high + 0.15 >= 0.5, `${low} to ${high}`);
  });

  stage.it('behind a Mapping with a host and headers are shared with the canary as well', async () => {
    const spec = {
      hostname: 'headers.example.com',
      prefix: '/',
      service: 'sample-app.headers:80',
      headers: { 'x-tenant': 'blue' },
      connect_timeout_ms: 4000,
      timeout_ms: 4000,
    };
    const metadata = { name: 'blue.sample-app', labels: { tenant: 'blue' } };
    const shop = await world.shop('headers', {
      mappings: [{ apiVersion: 'getambassador.io/v3alpha1', kind: 'Mapping', metadata, spec }],
      headers: { 'x-tenant': 'blue' },
      statName: 'sample_app_headers_80',
    });
    const { weights, record } = await promotes(shop, {}, { weights: '50', pause: '6s' }, 100);
    assert.equal(weights.last('blue-canary.sample-app')?.weight, undefined);
    const from = weights.when(50) + envoyNeeds;
    const { low, high } = record.shareOf('2.0.0', { from, to: from + 3_000 });
    assert.ok(low - 0.1 <= 0.5 && high + 0.1 >= 0.5, `${low} to ${high}`);
  });

  stage.it('lose nothing where somebody restarts stable in the middle of the release', async () => {
    const shop = await world.shop('restarted');
    const path = '/apis/apps/v1/namespaces/restarted/deployments/sample-app';
    const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' };
    const during = async (step: { line(pattern: RegExp): Promise<string> }) => {
      await step.line(/new version/);
      const restart = { spec: { template: { metadata: { annotations } } } };
      await world.cluster.client.patch(path, restart, patchType.merge);
    };
    const { job, record } = await tell(shop, () =>
      shop.release({ version: '2.0.0' }, { weights: '50', pause: '4s' }, { during }),
    );
    assert.match(outcome(job), /^promoted: /);
    assert.deepEqual(record.failed(), []);
  });

  it('get the new version where Prometheus is gone for a while: its step waits, and nothing is judged blindly', async () => {
    // All others need Prometheus.
    await stage.settled();
    const shop = await world.shop('late-prometheus');
    const during = {
      during: async (step: { line(pattern: RegExp): Promise<string> }) => {
        await step.line(/ 30 % .* pass$/);
        await world.data.prometheus.stop();
        await step.line(/ 30 % .* error/);
        await world.data.prometheus.start();
      },
    };
    const inputs = { weights: '30', pause: '12s', extendLimit: '5x' };
    const { job, record } = await tell(shop, () => shop.release({ version: '2.0.0' }, inputs, during));
    assert.match(outcome(job), /^promoted: sample-app passed 30 %$/, job.main.lines.join('\n'));
    assert.equal(job.result, 'Succeeded', 'what was judged in the end was judged by what Prometheus said');
    assert.deepEqual(record.failed(), []);
  });

  it('go back to stable where Prometheus goes away in the middle', async () => {
    // All others need Prometheus.
    await stage.settled();
    const shop = await world.shop('lost-prometheus');
    const inputs = { weights: '10', pause: '20s', consecutiveErrorLimit: '2' };
    const during = {
      during: async (step: { line(pattern: RegExp): Promise<string> }) => {
        await step.line(/ 10 % .* pass$/);
        await world.data.prometheus.stop();
      },
    };
    const before = await shop.everything();
    try {
      const { job, record } = await tell(shop, () => shop.release({ version: '2.0.0' }, inputs, during));
      assert.match(outcome(job), /^rolled-back: At 10 %: could not be asked 2 times in a row/);
      assert.deepEqual(await shop.everything(), before);
      assert.deepEqual(record.failed(), []);
    } finally {
      await world.data.prometheus.start();
    }
  });
});
