import assert from 'node:assert/strict';
import { EmissaryMetrics } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/emissary-metrics.ts';
import { NoMetrics } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/no-metrics.ts';
import type { RouteSeries } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/preflight.ts';
import type { Labels } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { Check } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { ManualClock } from './doubles.ts';
import { FakePrometheus } from './fake-prometheus.ts';

const web: RouteSeries = {
  workload: 'web',
  statNames: [
    { stable: 'web_shop', canary: 'web_canary_shop' },
    { stable: 'web', canary: 'web_canary' },
  ],
};
const api: RouteSeries = { workload: 'api', statNames: [{ stable: 'api_shop', canary: 'api_canary_shop' }] };
const successRate: Check = { kind: 'success-rate', minimumPercent: 99 };
const tenPercent = Weight.of(10);
const latency: Check = { kind: 'latency', quantile: 0.95, limit: Duration.milliseconds(500) };

/** An Emissary that Prometheus scrapes each 15 s, of which the test says what it answered. */
class Scene {
  readonly prometheus = new FakePrometheus();
  readonly clock = new ManualClock();
  readonly metrics: EmissaryMetrics;
  readonly #target: Labels = { namespace: 'emissary', pod: 'emissary-1', job: 'admin' };
  readonly #answered = new Map<string, number>();
  readonly #clusters: readonly string[];

  constructor(
    options: { routes?: [RouteSeries, ...RouteSeries[]]; checks?: Check[]; clusters?: string[] } = {},
  ) {
    this.#clusters = options.clusters ?? ['web_shop'];
    this.metrics = new EmissaryMetrics(this.prometheus, {
      routes: options.routes ?? [web],
      checks: options.checks ?? [successRate],
      metricLabels: '',
      minimumRequests: 50,
      interval: Duration.seconds(30),
      settling: Duration.seconds(15),
      clock: this.clock,
    });
  }

  answer(cluster: string, code: '2' | '5', count: number): void {
    const key = `${cluster} ${code}`;
    this.#answered.set(key, (this.#answered.get(key) ?? 0) + count);
  }

  /** Time passes until just after the next scrape. */
  pass(scrapes = 1, target: Labels = this.#target): void {
    for (let i = 0; i < scrapes; i++) {
      this.prometheus.now += 15;
      this.clock.advance(15);
      for (const name of this.#clusters) {
        this.prometheus.scrape([
          'envoy_cluster_upstream_cx_total',
          { ...target, envoy_cluster_name: name },
          7,
        ]);
      }
      for (const [key, count] of this.#answered) {
        const [envoy_cluster_name = '', envoy_response_code_class = ''] = key.split(' ');
        const labels = { ...target, envoy_cluster_name };
        this.prometheus.scrape(
          ['envoy_cluster_upstream_rq_xx', { ...labels, envoy_response_code_class }, count],
          ['envoy_cluster_upstream_rq_time_bucket', { ...labels, le: '500' }, count],
          ['envoy_cluster_upstream_rq_time_bucket', { ...labels, le: '+Inf' }, count],
        );
      }
    }
  }

  /** The answers to the checks that were asked for, without that on the split. */
  async checks(): Promise<readonly Measurement[]> {
    return (await this.metrics.measure()).filter(({ check }) => !check.startsWith('split'));
  }

  async one(): Promise<Measurement> {
    const [measurement, ...others] = await this.checks();
    assert.ok(measurement !== undefined && others.length === 0);
    return measurement;
  }
}

describe('EmissaryMetrics', () => {
  it('counts what the canary got since the weight was set, and nothing older', async () => {
    const scene = new Scene();
    scene.answer('web_shop', '2', 5000);
    scene.answer('web_canary_shop', '5', 400);
    scene.pass(4);
    await scene.metrics.startWindow(tenPercent);
    scene.answer('web_canary_shop', '5', 40);
    scene.pass();
    assert.equal((await scene.one()).value, 'no requests');
    scene.answer('web_canary_shop', '2', 1202);
    scene.answer('web_canary_shop', '5', 2);
    scene.pass(2);
    const { query, ...answer } = await scene.one();
    assert.match(query ?? '', /^100 \* sum .*envoy_cluster_name=~"web_canary_shop\|web_shop"/);
    assert.deepEqual(answer, {
      check: 'success-rate',
      verdict: 'pass',
      value: '99.83 %',
      reading: { unit: '%', value: 100 * (1 - 2 / 1204), limit: 99 },
      limit: '≥ 99 %',
      requests: 1204,
      failed: 2,
      actsAtOnce: true,
    });
  });

  it('counts a canary that is new from its first request, so that a broken one is found with the first scrape', async () => {
    const scene = new Scene();
    scene.answer('web_shop', '2', 5000);
    scene.pass(4);
    await scene.metrics.startWindow(tenPercent);
    scene.answer('web_canary_shop', '5', 5);
    scene.pass();
    const measurement = await scene.one();
    assert.equal(measurement.verdict, 'fail');
    assert.equal(measurement.requests, 5);
  });

  it('goes on with what another process learnt, without what the canary answered in between', async () => {
    const first = new Scene({ checks: [{ kind: 'errors-vs-stable' }] });
    const answer = (scene: Scene, canary: number, failed: number) => {
      scene.answer('web_shop', '2', 900);
      scene.answer('web_canary_shop', '2', canary);
      scene.answer('web_canary_shop', '5', failed);
      scene.pass(2);
    };
    first.answer('web_shop', '2', 5000);
    first.pass(4);
    await first.metrics.startWindow(tenPercent);
    answer(first, 90, 10);
    await first.checks();
    const evidence = first.metrics.evidence();

    const next = new Scene({ checks: [{ kind: 'errors-vs-stable' }] });
    next.answer('web_shop', '2', 5000);
    answer(next, 1000, 777);
    await next.metrics.preflight();
    assert.equal(next.metrics.goOnWith(evidence, 1), true);
    answer(next, 1000, 777);
    await next.metrics.startWindow(tenPercent);
    assert.deepEqual(await next.metrics.total(), { requests: 100, failed: 10 });
    next.pass();
    answer(next, 100, 0);
    assert.match((await next.one()).detail ?? '', /^canary 5.00 % errors/);
    assert.deepEqual(await next.metrics.total(), { requests: 200, failed: 10 });
    assert.equal(JSON.parse(next.metrics.evidence() ?? '').windows, 3, 'the interrupted one counts');

    for (const unread of [undefined, '{}', evidence?.replace('"web"', '"api"')])
      assert.equal(new Scene().metrics.goOnWith(unread, 1), false);
  });

  it('starts each window at 0', async () => {
    const scene = new Scene();
    scene.answer('web_shop', '2', 1);
    scene.pass();
    await scene.metrics.startWindow(tenPercent);
    scene.answer('web_canary_shop', '2', 100);
    scene.pass();
    assert.equal((await scene.one()).requests, 100);
    await scene.metrics.startWindow(tenPercent);
    assert.equal((await scene.one()).requests, undefined);
    scene.pass();
    scene.answer('web_canary_shop', '2', 60);
    scene.pass();
    assert.equal((await scene.one()).requests, 60);
  });

  it('asks one query for each check, whatever the number of workloads, and answers for each workload', async () => {
    const scene = new Scene({ routes: [web, api], checks: [successRate, latency] });
    scene.answer('web_shop', '2', 1);
    scene.answer('api_shop', '2', 1);
    scene.pass();
    await scene.metrics.startWindow(tenPercent);
    scene.answer('web_canary_shop', '2', 1000);
    scene.answer('api_canary_shop', '5', 20);
    scene.pass();
    scene.prometheus.asked.length = 0;
    const measurements = await scene.checks();
    assert.deepEqual(
      measurements.map(({ check, verdict, requests }) => [check, verdict, requests]),
      [
        ['success-rate of web', 'pass', 1000],
        ['success-rate of api', 'fail', 20],
        ['latency of web', 'pass', 1000],
        ['latency of api', 'inconclusive', 20],
      ],
    );
    assert.equal(scene.prometheus.asked.length, 2);
  });

  const comparisons: Check[] = [{ kind: 'errors-vs-stable' }, { kind: 'slowness-vs-stable' }];

  /** Rounds of two scrapes, each with so many failures of the 100 requests to the canary and the 1000 to stable. */
  async function rounds(scene: Scene, count: number, canary: number, stable: number): Promise<Measurement> {
    for (let i = 0; i < 2 * count; i++) {
      scene.answer('web_canary_shop', '2', 50 - canary / 2);
      scene.answer('web_canary_shop', '5', canary / 2);
      scene.answer('web_shop', '2', 500 - stable / 2);
      scene.answer('web_shop', '5', stable / 2);
      scene.pass();
    }
    const [errors] = await scene.checks();
    assert.ok(errors !== undefined);
    return errors;
  }

  it('compares the canary with stable, asking no query more for it', async () => {
    const scene = new Scene({ checks: [successRate, ...comparisons] });
    scene.answer('web_shop', '2', 5000);
    scene.pass(4);
    await scene.metrics.preflight();
    await scene.metrics.startWindow(tenPercent);
    await rounds(scene, 4, 0, 2);
    scene.prometheus.asked.length = 0;
    const measurements = await scene.checks();
    assert.equal(scene.prometheus.asked.length, 2);
    assert.deepEqual(
      measurements.map(({ check, verdict, detail }) => [check, verdict, detail]),
      [
        ['success-rate', 'pass', undefined],
        ['errors-vs-stable', 'pass', 'canary 0 % errors, stable 0.20 %; no sign that it is worse'],
        ['slowness-vs-stable', 'pass', 'canary 0 % slower than 500 ms, stable 0 %; no sign that it is worse'],
      ],
    );
  });

  it('carries its evidence from weight to weight, and says of how many requests it is', async () => {
    const scene = new Scene({ checks: comparisons });
    scene.answer('web_shop', '2', 5000);
    scene.pass(4);
    await scene.metrics.preflight();
    const verdicts: string[] = [];
    for (let step = 0; step < 3; step++) {
      await scene.metrics.startWindow(tenPercent);
      const { verdict, requests, detail = '' } = await rounds(scene, 1, 4, 8);
      verdicts.push(verdict);
      assert.equal(requests, 100 * (step + 1));
      assert.match(detail, /^canary 4.00 % errors, stable 0.80 %; /);
    }
    assert.deepEqual(verdicts, ['pass', 'pass', 'fail']);
  });

  it('knows from before the release how errors come at stable, and never that of an old canary', async () => {
    const scene = new Scene({ checks: comparisons });
    for (let i = 0; i < 120; i++) {
      scene.answer('web_shop', '2', 500);
      if (i % 6 === 0) scene.answer('web_shop', '5', 12);
      if (i < 60) scene.answer('web_canary_shop', '5', 50);
      scene.pass();
    }
    await scene.metrics.preflight();
    await scene.metrics.startWindow(tenPercent);
    const burst = await rounds(scene, 1, 12, 0);
    assert.deepEqual([burst.verdict, burst.value], ['pass', '12.00 %']);
    const stranger = new Scene({ checks: comparisons });
    stranger.answer('web_shop', '2', 5000);
    stranger.pass(2);
    await stranger.metrics.preflight();
    await stranger.metrics.startWindow(tenPercent);
    assert.equal((await rounds(stranger, 1, 12, 0)).verdict, 'fail');
  });

  it('compares nothing at 100 %, where stable has no requests', async () => {
    const scene = new Scene({ checks: [successRate, ...comparisons] });
    scene.answer('web_shop', '2', 1);
    scene.pass(2);
    await scene.metrics.startWindow(Weight.of(100));
    scene.answer('web_canary_shop', '2', 100);
    scene.pass();
    assert.deepEqual(
      (await scene.checks()).map(({ check, verdict }) => [check, verdict]),
      [['success-rate', 'pass']],
    );
  });

  it('tells for each workload how its requests are split, and whose canary gets nothing', async () => {
    const scene = new Scene({ routes: [web, api], clusters: ['web_shop', 'api_shop'] });
    scene.answer('web_shop', '2', 1000);
    scene.answer('api_shop', '2', 1000);
    scene.pass(2);
    await scene.metrics.preflight();
    await scene.metrics.startWindow(tenPercent);
    for (let i = 0; i < 4; i++) {
      scene.answer('web_shop', '2', 900);
      scene.answer('web_canary_shop', '5', 100);
      scene.answer('api_shop', '2', 1000);
      scene.pass();
    }
    const splits = (await scene.metrics.measure()).filter(({ check }) => check.startsWith('split'));
    assert.deepEqual(
      splits.map(({ check, verdict, value }) => [check, verdict, value]),
      [
        ['split of web', 'pass', '10 % asked, 10.0 % seen'],
        ['split of api', 'fail', '10 % asked, 0 % seen'],
      ],
    );
  });

  it('compares each workload with its own stable', async () => {
    const scene = new Scene({ routes: [web, api], checks: comparisons, clusters: ['web_shop', 'api_shop'] });
    scene.answer('web_shop', '2', 1);
    scene.answer('api_shop', '2', 1);
    scene.pass(2);
    await scene.metrics.preflight();
    await scene.metrics.startWindow(tenPercent);
    for (let i = 0; i < 6; i++) {
      for (const cluster of ['web_shop', 'api_shop']) scene.answer(cluster, '2', 1000);
      scene.answer('web_shop', '5', 100);
      scene.answer('web_canary_shop', '2', 90);
      scene.answer('web_canary_shop', '5', 10);
      scene.answer('api_canary_shop', '2', 90);
      scene.answer('api_canary_shop', '5', 10);
      scene.pass();
    }
    assert.deepEqual(
      (await scene.checks()).slice(0, 2).map(({ check, verdict }) => [check, verdict]),
      [
        ['errors-vs-stable of web', 'pass'],
        ['errors-vs-stable of api', 'fail'],
      ],
    );
  });

  it('says that nothing was scraped yet', async () => {
    const scene = new Scene();
    scene.answer('web_shop', '2', 1);
    scene.pass();
    await scene.metrics.startWindow(tenPercent);
    const measurement = await scene.one();
    assert.equal(measurement.verdict, 'inconclusive');
    assert.equal(measurement.value, 'no data', 'there may have been requests');
    assert.equal(
      measurement.detail,
      'nothing was scraped yet since the weight was set, or neither version gets requests',
    );
  });

  it('tells an error from a failure while Prometheus is gone, and catches up when it is back', async () => {
    const scene = new Scene();
    scene.answer('web_shop', '2', 1);
    scene.pass(2);
    await scene.metrics.preflight();
    await scene.metrics.startWindow(tenPercent);
    scene.prometheus.down = true;
    scene.answer('web_canary_shop', '2', 100);
    scene.pass(40);
    const gone = await scene.one();
    assert.deepEqual([gone.verdict, gone.value, gone.detail], ['error', 'no answer', 'Prometheus is down']);
    scene.answer('web_canary_shop', '2', 50);
    scene.pass();
    scene.prometheus.down = false;
    assert.equal((await scene.one()).requests, 150);
    assert.match(scene.prometheus.asked.at(-1) ?? '', /\[675s\]$/);
  });

  it('starts late, and says so, where Prometheus was gone when the weight was set', async () => {
    const scene = new Scene();
    scene.answer('web_shop', '2', 1);
    scene.answer('web_canary_shop', '5', 100);
    scene.pass();
    scene.prometheus.down = true;
    await scene.metrics.startWindow(tenPercent);
    assert.equal((await scene.one()).verdict, 'error');
    scene.pass();
    scene.prometheus.down = false;
    const late = await scene.one();
    assert.deepEqual([late.verdict, late.requests], ['inconclusive', undefined]);
    assert.match(late.detail ?? '', /^counting starts now/);
    scene.pass();
    scene.answer('web_canary_shop', '2', 70);
    scene.pass();
    assert.equal((await scene.one()).requests, 70);
  });

  it('never answers for a new weight with the counts of the old one', async () => {
    const scene = new Scene();
    scene.answer('web_shop', '2', 1);
    scene.pass();
    await scene.metrics.startWindow(tenPercent);
    scene.answer('web_canary_shop', '2', 100);
    scene.pass();
    assert.equal((await scene.one()).requests, 100);
    scene.prometheus.down = true;
    await scene.metrics.startWindow(tenPercent);
    scene.prometheus.down = false;
    assert.equal((await scene.one()).requests, undefined);
  });

  it('does not pass on samples that grow old: an Emissary that is not scraped any more is an error', async () => {
    const scene = new Scene();
    scene.answer('web_shop', '2', 1);
    scene.pass(4);
    await scene.metrics.preflight();
    await scene.metrics.startWindow(tenPercent);
    scene.answer('web_canary_shop', '2', 100);
    scene.pass(2);
    assert.equal((await scene.one()).verdict, 'pass');
    scene.clock.advance(30);
    scene.prometheus.now += 30;
    assert.equal((await scene.one()).verdict, 'pass');
    scene.clock.advance(30);
    scene.prometheus.now += 30;
    const silent = await scene.one();
    assert.equal(silent.verdict, 'error');
    assert.equal(silent.detail, 'Prometheus got no new sample of Emissary for 60 s: is it still scraped?');
    scene.pass();
    assert.equal((await scene.one()).verdict, 'pass');
  });

  it('answers an error where a second source appears on the way', async () => {
    const scene = new Scene();
    scene.answer('web_shop', '2', 1);
    scene.pass();
    await scene.metrics.startWindow(tenPercent);
    scene.pass(1, { namespace: 'emissary', pod: 'emissary-1', job: 'two' });
    scene.pass(1);
    const measurement = await scene.one();
    assert.equal(measurement.verdict, 'error');
    assert.match(measurement.detail ?? '', /job="admin" and job="two"/);
  });

  it('measures nothing where there are no checks, and still counts', async () => {
    const scene = new Scene({ checks: [] });
    scene.answer('web_shop', '2', 1);
    scene.pass();
    await scene.metrics.startWindow(tenPercent);
    assert.deepEqual(await scene.checks(), []);
    scene.answer('web_canary_shop', '2', 7);
    scene.pass();
    assert.deepEqual(await scene.metrics.total(), { requests: 7, failed: 0 });
  });

  it('counts in all what the canary answered since the first window, whatever windows began since', async () => {
    const scene = new Scene();
    assert.equal(await scene.metrics.total(), undefined, 'nothing has begun');
    scene.answer('web_shop', '2', 1);
    scene.pass();
    await scene.metrics.startWindow(tenPercent);
    scene.answer('web_canary_shop', '2', 10);
    scene.answer('web_canary_shop', '5', 3);
    scene.pass();
    await scene.metrics.startWindow(tenPercent);
    scene.answer('web_canary_shop', '2', 20);
    scene.answer('web_shop', '5', 9);
    scene.pass();
    assert.deepEqual(await scene.metrics.total(), { requests: 33, failed: 3 });
  });

  it('knows that the canary is idle after two quiet scrapes from the first question on', async () => {
    const scene = new Scene();
    scene.answer('web_shop', '2', 100);
    scene.answer('web_canary_shop', '2', 100);
    scene.pass(4);
    assert.equal(await scene.metrics.isIdle(), false);
    scene.answer('web_canary_shop', '2', 1);
    scene.pass();
    assert.equal(await scene.metrics.isIdle(), false);
    scene.pass();
    assert.equal(await scene.metrics.isIdle(), true);
    await scene.metrics.startWindow(tenPercent);
    assert.equal(await scene.metrics.isIdle(), false);
    scene.prometheus.down = true;
    assert.equal(await scene.metrics.isIdle(), undefined);
  });
});

describe('preflight', () => {
  it('measures the interval of the scrapes', async () => {
    const scene = new Scene();
    scene.pass(3);
    assert.equal((await scene.metrics.preflight()).scrapeInterval?.toString(), '15s');
  });

  it('does not guess an interval from one scrape', async () => {
    const scene = new Scene();
    scene.pass();
    assert.equal((await scene.metrics.preflight()).scrapeInterval, undefined);
  });

  it('rounds the interval, so that jitter refuses no step', async () => {
    const scene = new Scene();
    for (let i = 0; i < 5; i++) {
      scene.pass();
      scene.prometheus.now += 0.002;
    }
    assert.equal((await scene.metrics.preflight()).scrapeInterval?.toString(), '15s');
  });

  it('names the canary in the form that stable has', async () => {
    const scene = new Scene({ clusters: ['web', 'other'] });
    scene.pass();
    await scene.metrics.preflight();
    await scene.checks();
    assert.match(scene.prometheus.asked.at(-1) ?? '', /=~"web\|web_canary"/);
  });

  it('prefers the likelier form where both are there', async () => {
    const scene = new Scene({ clusters: ['web', 'web_shop'] });
    scene.pass();
    await scene.metrics.preflight();
    await scene.checks();
    assert.match(scene.prometheus.asked.at(-1) ?? '', /=~"web_canary_shop\|web_shop"/);
  });

  const refusals: [what: string, prepare: (scene: Scene) => void, clusters: string[], says: RegExp][] = [
    [
      'a Prometheus that is down',
      scene => (scene.prometheus.down = true),
      ['web_shop'],
      /^Prometheus is down/,
    ],
    [
      'a Prometheus without Emissary',
      () => {},
      ['web_shop'],
      /has no metrics of Emissary.*found none.*port 8877.*admin Service \(a ServiceMonitor/,
    ],
    [
      'an Emissary that does not know stable',
      scene => scene.pass(),
      ['a', 'b'],
      /stable route of web: expected envoy_cluster_name web_shop or web, found 2 other clusters/,
    ],
    [
      'two sources',
      scene => {
        scene.pass(2, { pod: 'e', job: 'a' });
        scene.pass(1, { pod: 'e', job: 'b' });
        scene.pass(1, { pod: 'e', job: 'a' });
      },
      ['web_shop'],
      /more than one source.*the pod e twice: job="a" and job="b". Choose one with metricLabels/,
    ],
  ];
  for (const [what, prepare, clusters, says] of refusals) {
    it(`refuses ${what}`, async () => {
      const scene = new Scene({ clusters });
      prepare(scene);
      await assert.rejects(scene.metrics.preflight(), (error: unknown) => {
        assert.ok(error instanceof CanaryError);
        assert.equal(error.code, scene.prometheus.down ? 'PROMETHEUS_UNREACHABLE' : 'PROMETHEUS_UNFIT');
        assert.match(error.sentence, says);
        return true;
      });
    });
  }
});

describe('NoMetrics', () => {
  it('measures nothing and knows nothing', async () => {
    const metrics = new NoMetrics();
    await metrics.startWindow();
    assert.deepEqual(await metrics.measure(), []);
    assert.equal(await metrics.isIdle(), undefined);
  });
});
