import assert from 'node:assert/strict';
import { EmissaryMetrics } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/emissary-metrics.ts';
import {
  asAnswers,
  callsQuery,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/grpc-series.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { ManualClock } from './doubles.ts';
import { FakePrometheus } from './fake-prometheus.ts';

const target = { namespace: 'emissary', pod: 'emissary-1', job: 'admin' };
const bridge = { envoy_grpc_bridge_service: 'shop', envoy_grpc_bridge_method: 'Cart' };

/** An Emissary that serves a gRPC workload, scraped every 15 s: all calls are HTTP 200. */
class Scene {
  readonly prometheus = new FakePrometheus();
  readonly clock = new ManualClock();
  readonly metrics: EmissaryMetrics;
  readonly #calls = new Map<string, number>();

  constructor(
    private readonly isCounted: boolean,
    options: { hasOwnChecks?: boolean; isGrpc?: boolean } = {},
  ) {
    const { hasOwnChecks = false, isGrpc = true } = options;
    this.metrics = new EmissaryMetrics(this.prometheus, {
      routes: [{ workload: 'web', statNames: [{ stable: 'web_shop', canary: 'web_canary_shop' }], isGrpc }],
      checks: [{ kind: 'success-rate', minimumPercent: 99 }, { kind: 'errors-vs-stable' }],
      metricLabels: '',
      minimumRequests: 50,
      interval: Duration.seconds(30),
      settling: Duration.seconds(15),
      clock: this.clock,
      hasOwnChecks,
    });
  }

  /** So many calls with a status in each of the next scrapes; `http` answers fail without one. */
  step(calls: Readonly<Record<string, number>>, scrapes = 1): void {
    for (let i = 0; i < scrapes; i++) {
      this.prometheus.now += 15;
      this.clock.advance(15);
      for (const [key, count] of Object.entries(calls))
        this.#calls.set(key, (this.#calls.get(key) ?? 0) + count);
      const http = new Map<string, number>();
      for (const [key, count] of this.#calls) {
        const [cluster = '', status = ''] = key.split(' ');
        const labels = { ...target, envoy_cluster_name: cluster };
        const codeClass = status === 'http' ? '5' : '2';
        http.set(`${cluster} ${codeClass}`, (http.get(`${cluster} ${codeClass}`) ?? 0) + count);
        this.prometheus.scrape(['envoy_cluster_upstream_cx_total', labels, 7]);
        if (this.isCounted && status !== 'http') {
          this.prometheus.scrape([`envoy_cluster_grpc_Get_${status}`, { ...labels, ...bridge }, count]);
        }
      }
      for (const [key, count] of http) {
        const [envoy_cluster_name = '', envoy_response_code_class = ''] = key.split(' ');
        const labels = { ...target, envoy_cluster_name, envoy_response_code_class };
        this.prometheus.scrape(['envoy_cluster_upstream_rq_xx', labels, count]);
      }
    }
  }

  /** What the checks say of a canary after a step with these calls. */
  async judge(canary: Readonly<Record<string, number>>) {
    this.step({ 'web_shop 0': 1000 }, 4);
    const { notes } = await this.metrics.preflight();
    await this.metrics.startWindow(Weight.of(10));
    this.step({ 'web_shop 0': 1000, ...canary }, 6);
    const answers = (await this.metrics.measure()).filter(({ check }) => check !== 'split');
    return { notes, answers, verdicts: answers.map(({ verdict }) => verdict) };
  }
}

describe('a workload that speaks gRPC', () => {
  it('fails by the statuses of its calls where Emissary counts them, though all are HTTP 200', async () => {
    const { answers, notes } = await new Scene(true).judge({
      'web_canary_shop 0': 80,
      'web_canary_shop 13': 20,
    });
    const [rate, comparison] = answers;
    assert.deepEqual([rate?.verdict, comparison?.verdict], ['fail', 'fail']);
    assert.equal(rate?.value, '80.00 %');
    assert.equal(rate?.requests, 600);
    assert.deepEqual(notes, []);
  });

  it('passes with calls that the server answered, also where the caller was wrong', async () => {
    const calls = { 'web_canary_shop 0': 80, 'web_canary_shop 5': 20, 'web_canary_shop 3': 5 };
    const { verdicts, answers } = await new Scene(true).judge(calls);
    assert.deepEqual(verdicts, ['pass', 'pass']);
    assert.equal(answers[0]?.requests, 630);
  });

  it('is never passed by HTTP codes alone, and the reason says what to do', async () => {
    const { verdicts, answers, notes } = await new Scene(false).judge({ 'web_canary_shop 13': 100 });
    assert.deepEqual(verdicts, ['inconclusive', 'inconclusive']);
    for (const { detail, goesOn } of answers) {
      assert.match(
        detail ?? '',
        /HTTP 200 and not counted: set `grpc_stats` in Emissary's Module, add a check/,
      );
      assert.equal(goesOn, undefined);
    }
    assert.match(
      notes[0] ?? '',
      /^web speaks gRPC.*no step can be passed with these checks; set `grpc_stats`/,
    );
  });

  it('fails by HTTP codes all the same', async () => {
    const { verdicts } = await new Scene(false).judge({ 'web_canary_shop http': 100 });
    assert.deepEqual(verdicts, ['fail', 'fail']);
  });

  it('is left to own checks where there are any, and the answer says so', async () => {
    const scene = new Scene(false, { hasOwnChecks: true });
    const { verdicts, answers, notes } = await scene.judge({ 'web_canary_shop 0': 100 });
    assert.deepEqual(verdicts, ['pass', 'pass']);
    assert.match(answers[0]?.detail ?? '', /^gRPC errors are not among them, and left to your own checks$/);
    assert.match(notes[0] ?? '', /they are left to your own checks$/);
  });

  it('is not looked for where the route is none', async () => {
    const scene = new Scene(false, { isGrpc: false });
    const { verdicts, notes } = await scene.judge({ 'web_canary_shop 0': 100 });
    assert.deepEqual([verdicts, notes], [['pass', 'pass'], []]);
    assert.ok(scene.prometheus.asked.length > 0);
    assert.ok(scene.prometheus.asked.every(query => !query.includes('grpc')));
  });
});

describe("Envoy's gRPC statistics", () => {
  const series = (__name__: string, more = {}) => ({
    labels: { __name__, envoy_cluster_name: 'web', ...more },
    samples: [{ time: 1, value: 1 }],
  });

  it('are asked for by one query, whether methods are told apart or not', () => {
    assert.equal(
      callsQuery({ statNames: ['web'], metricLabels: 'cluster="prod"' }, Duration.seconds(30)),
      '{envoy_cluster_name=~"web",__name__=~"envoy_cluster_grpc_(.+_)?[0-9]+",cluster="prod"}[30s]',
    );
  });

  it('are of class 5 for the statuses that are the fault of the server', () => {
    const faults = Array.from({ length: 17 }, (_, status) => status).filter(status => {
      const [answer] = asAnswers([series(`envoy_cluster_grpc_${status}`)]);
      return answer?.labels.envoy_response_code_class === '5';
    });
    assert.deepEqual(faults, [2, 4, 12, 13, 14, 15]);
  });

  it('keep methods apart, as one source with the other series, and nothing else is taken for a status', () => {
    const [one, other] = asAnswers([
      series('envoy_cluster_grpc_Get_0', bridge),
      series('envoy_cluster_grpc_Get_0', { ...bridge, envoy_grpc_bridge_method: 'Pay' }),
    ]);
    assert.notDeepEqual(one?.labels, other?.labels);
    const { __name__, ...labels } = one?.labels ?? {};
    assert.deepEqual(labels, { envoy_cluster_name: 'web', envoy_response_code_class: '2' });
    for (const name of ['envoy_cluster_grpc_total', 'envoy_cluster_grpc_Get_request_message_count', 'up_0'])
      assert.deepEqual(asAnswers([series(name)]), []);
  });
});
