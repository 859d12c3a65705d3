import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../rig/ports.ts';
import { Prometheus } from '../../rig/prometheus/prometheus.ts';
import { emissaryTarget } from '../../rig/prometheus/targets.ts';
import { until } from '../../rig/until.ts';
import { EmissaryMetrics } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/emissary-metrics.ts';
import { PrometheusClient } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/prometheus.ts';
import { Duration } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { CanaryError } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { Measurement } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { Weight } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { SystemClock } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/system-clock.ts';

/** Serves Envoy's counters, and changes them only between two scrapes, so that the test knows what each scrape saw. */
class Exporter {
  scrapes = 0;
  /** While set, scrapes fail. */
  broken = false;
  readonly #counters = new Map<string, number>();
  readonly #server = http.createServer((_request, response) => {
    if (this.broken) {
      response.writeHead(503).end();
      return;
    }
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end([...this.#counters].map(([series, value]) => `${series} ${value}\n`).join(''));
    response.on('finish', () => this.scrapes++);
  });

  async start(port: number): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  /** So many requests more were answered by the cluster, all of them fast or all of them slow. */
  answer(cluster: string, code: '2' | '5', count: number, speed: 'fast' | 'slow' = 'fast'): void {
    const name = `envoy_cluster_name="${cluster}"`;
    this.#add(`envoy_cluster_upstream_cx_total{${name}}`, 1);
    this.#add(`envoy_cluster_upstream_rq_xx{envoy_response_code_class="${code}",${name}}`, count);
    for (const le of ['100', '250', '500', '1000', '+Inf']) {
      const within = speed === 'fast' || le === '1000' || le === '+Inf';
      this.#add(`envoy_cluster_upstream_rq_time_bucket{${name},le="${le}"}`, within ? count : 0);
    }
  }

  /** As when Envoy drops a cluster and makes it anew. */
  drop(cluster: string): void {
    for (const series of [...this.#counters.keys()]) {
      if (series.includes(`"${cluster}"`)) this.#counters.delete(series);
    }
  }

  /** Waits until so many more scrapes were served, and Prometheus had time to store the last one. */
  async scraped(count: number): Promise<void> {
    const goal = this.scrapes + count;
    await until(`${count} scrapes`, () => this.scrapes >= goal, { everyMs: 10 });
    await sleep(250);
  }

  #add(series: string, count: number): void {
    this.#counters.set(series, (this.#counters.get(series) ?? 0) + count);
  }
}

describe('EmissaryMetrics and a real Prometheus that scrapes each second', () => {
  const exporter = new Exporter();
  let dir: string;
  let prometheus: Prometheus;
  let exporterUrl: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ambassador-canary-prometheus-'));
    const [exporterPort = 0, port = 0] = await freePorts(2);
    exporterUrl = await exporter.start(exporterPort);
    exporter.answer('app_shop', '2', 1000);
    prometheus = await Prometheus.start({
      dir,
      port,
      scrapeIntervalSeconds: 1,
      emissary: emissaryTarget(exporterUrl, 'emissary'),
    });
    await exporter.scraped(4);
  });

  after(async () => {
    await prometheus?.stop();
    await exporter.stop();
    await rm(dir, { recursive: true, force: true });
  });

  function metricsOf(metricLabels = ''): EmissaryMetrics {
    const clock = new SystemClock();
    return new EmissaryMetrics(
      new PrometheusClient(prometheus.url, { clock, timeLimit: Duration.seconds(2) }),
      {
        routes: [
          {
            workload: 'app',
            statNames: [
              { stable: 'app_elsewhere', canary: 'app_canary_elsewhere' },
              { stable: 'app_shop', canary: 'app_canary_shop' },
            ],
          },
        ],
        checks: [
          { kind: 'success-rate', minimumPercent: 99 },
          { kind: 'latency', quantile: 0.95, limit: Duration.milliseconds(500) },
        ],
        metricLabels,
        minimumRequests: 50,
        interval: Duration.seconds(2),
        settling: Duration.seconds(1),
        clock,
      },
    );
  }

  /** The answers to the checks that were asked for: stable gets no requests here, so the split is none. */
  const checksOf = async (metrics: EmissaryMetrics) =>
    (await metrics.measure()).filter(({ check }) => check !== 'split');

  /** A window whose first scrape is known: nothing changes until it is stored. */
  async function startWindow(metrics: EmissaryMetrics): Promise<void> {
    await metrics.startWindow(Weight.of(10));
    await exporter.scraped(2);
  }

  /** Failed and all requests, slow ones and all. */
  function counts(measurements: readonly Measurement[]): unknown[] {
    return measurements.map(({ check, failed, requests }) => [check, failed, requests]);
  }

  it('measures the interval and finds the form of the names', async () => {
    assert.equal((await metricsOf().preflight()).scrapeInterval?.toString(), '1s');
  });

  it('counts exactly: from 0, over resets, late series, failed scrapes and another window', async () => {
    const metrics = metricsOf();
    await metrics.preflight();
    await startWindow(metrics);
    exporter.answer('app_canary_shop', '2', 40);
    await exporter.scraped(1);
    assert.deepEqual(counts(await checksOf(metrics)), [
      ['success-rate', 0, 40],
      ['latency', 0, 40],
    ]);
    exporter.answer('app_canary_shop', '2', 60, 'slow');
    await exporter.scraped(1);
    exporter.answer('app_canary_shop', '5', 3);
    await exporter.scraped(2);
    exporter.drop('app_canary_shop');
    exporter.answer('app_canary_shop', '2', 7);
    await exporter.scraped(1);
    exporter.drop('app_canary_shop');
    await exporter.scraped(2);
    exporter.answer('app_canary_shop', '2', 5);
    exporter.answer('app_canary_shop', '5', 1);
    await exporter.scraped(1);
    exporter.broken = true;
    await sleep(2500);
    exporter.answer('app_canary_shop', '2', 11);
    exporter.broken = false;
    await exporter.scraped(2);
    const all = await checksOf(metrics);
    assert.deepEqual(counts(all), [
      ['success-rate', 4, 127],
      ['latency', 60, 127],
    ]);
    assert.deepEqual(
      all.map(({ verdict }) => verdict),
      ['inconclusive', 'fail'],
    );

    await startWindow(metrics);
    assert.deepEqual(counts(await checksOf(metrics)), [
      ['success-rate', 0, 0],
      ['latency', 0, 0],
    ]);
    exporter.answer('app_canary_shop', '2', 200);
    await exporter.scraped(1);
    assert.deepEqual(counts(await checksOf(metrics)), [
      ['success-rate', 0, 200],
      ['latency', 0, 200],
    ]);
  });

  it('is at a loss while Prometheus is gone, and catches up exactly when it is back', async () => {
    const metrics = metricsOf();
    await metrics.preflight();
    await startWindow(metrics);
    exporter.answer('app_canary_shop', '2', 90);
    await exporter.scraped(1);
    await prometheus.stop();
    exporter.answer('app_canary_shop', '2', 30);
    exporter.answer('app_canary_shop', '5', 1);
    const unanswered = await checksOf(metrics);
    await prometheus.start();
    assert.ok(unanswered.length > 0);
    for (const { verdict, detail } of unanswered) {
      assert.equal(verdict, 'error');
      assert.match(detail ?? '', /cannot be asked: ECONNREFUSED.*tried 3 times/);
    }
    await exporter.scraped(2);
    assert.deepEqual(counts(await checksOf(metrics)), [
      ['success-rate', 1, 121],
      ['latency', 0, 121],
    ]);
  });

  it('knows when the canary is idle', async () => {
    const metrics = metricsOf();
    await metrics.preflight();
    assert.equal(await metrics.isIdle(), false);
    exporter.answer('app_canary_shop', '2', 1);
    await exporter.scraped(1);
    exporter.answer('app_canary_shop', '2', 1);
    await exporter.scraped(1);
    assert.equal(await metrics.isIdle(), false);
    await exporter.scraped(1);
    assert.equal(await metrics.isIdle(), true);
  });

  it('refuses a pod that is scraped twice, until metricLabels choose one', async () => {
    await prometheus.setTargets([{ ...emissaryTarget(exporterUrl, 'emissary'), ...renamed('podmonitor') }]);
    const refused = await until('the second source', () =>
      metricsOf()
        .preflight()
        .then(
          () => undefined,
          (error: unknown) => error,
        ),
    );
    assert.ok(refused instanceof CanaryError);
    assert.equal(refused.code, 'PROMETHEUS_UNFIT');
    assert.match(
      refused.sentence,
      /the pod emissary\/emissary-\S+ twice: job="emissary-ingress-admin" and job="podmonitor"/,
    );
    await metricsOf('job="podmonitor"').preflight();
  });

  function renamed(job: string) {
    return { labels: { ...emissaryTarget(exporterUrl, 'emissary').labels, job } };
  }

  it('says what a query that is refused was refused for', async () => {
    await assert.rejects(metricsOf('job=').preflight(), (error: unknown) => {
      assert.ok(error instanceof CanaryError);
      assert.equal(error.code, 'PROMETHEUS_UNFIT');
      assert.match(error.sentence, /refuses the query: found bad_data: .*parse error/);
      return true;
    });
  });
});
