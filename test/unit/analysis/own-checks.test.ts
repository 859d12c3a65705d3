import assert from 'node:assert/strict';
import { JoinedMetrics } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/joined-metrics.ts';
import { OwnChecks } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/own-checks.ts';
import { QueryRefused } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/prometheus-reply.ts';
import type {
  Prometheus,
  QueryResult,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import {
  CanaryError,
  toCanaryErrors,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { OwnCheck } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/own-check.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { passing, ScriptedMetrics } from '../release/doubles.ts';
import { ManualClock } from './doubles.ts';

const web = { canary: 'web-canary', stable: 'web', namespace: 'shop', service: 'web-canary' };
const api = { canary: 'api-canary', stable: 'api', namespace: 'shop', service: 'api-canary' };
const check: OwnCheck = { name: 'queue', query: 'queue', max: 100, onNoData: 'inconclusive', dryRun: false };

/** Answers each query with what a test has laid down for it, and nothing else with no data. */
class LaidDown implements Prometheus {
  readonly address = 'http://prometheus.test';
  readonly asked: string[] = [];
  readonly answers = new Map<string, QueryResult | CanaryError>();

  async query(promql: string): Promise<QueryResult> {
    this.asked.push(promql);
    const answer = this.answers.get(promql) ?? { type: 'vector', series: [], warnings: [] };
    if (answer instanceof CanaryError) throw answer;
    return answer;
  }
}

function scene(checks: readonly OwnCheck[], workloads = [web]) {
  const prometheus = new LaidDown();
  const clock = new ManualClock();
  const [first = web, ...rest] = workloads;
  const options = { checks, workloads: [first, ...rest], interval: Duration.seconds(30), clock } as const;
  return { prometheus, clock, own: new OwnChecks(prometheus, options) };
}

const scalar = (value: number): QueryResult => ({
  type: 'scalar',
  sample: { time: 1, value },
  warnings: [],
});

describe('own checks', () => {
  it('are asked with the window since the weight took effect', async () => {
    const { prometheus, clock, own } = scene([{ ...check, query: 'rate(x[{{window}}])' }]);
    clock.advance(1000);
    own.startWindow();
    clock.advance(45);
    prometheus.answers.set('rate(x[45s])', scalar(120));
    const [measurement] = await own.measure();
    assert.deepEqual(
      [measurement?.check, measurement?.verdict, measurement?.value],
      ['queue', 'fail', '120'],
    );
  });

  it('are asked for each workload that they name, and once where they name none', async () => {
    const { prometheus, own } = scene([{ ...check, name: 'a', query: '{{canary}}' }, check], [web, api]);
    const names = (await own.measure()).map(measurement => measurement.check);
    assert.deepEqual(names, ['a of web', 'a of api', 'queue']);
    assert.deepEqual(prometheus.asked, ['web-canary', 'api-canary', 'queue']);
  });

  it('that have an interval are asked in the round that is nearest to it, anew in each window', async () => {
    const { clock, own } = scene([{ ...check, interval: Duration.seconds(60) }]);
    own.startWindow();
    const rounds: number[] = [];
    for (const seconds of [30, 29.9, 30.2, 30, 30]) {
      clock.advance(seconds);
      rounds.push((await own.measure()).length);
    }
    assert.deepEqual(rounds, [0, 1, 0, 1, 0]);
    own.startWindow();
    clock.advance(31);
    assert.deepEqual(await own.measure(), []);
    clock.advance(30);
    assert.equal((await own.measure()).length, 1);
  });

  it('that can not be asked are errors with the reason, and the others are answered', async () => {
    const { prometheus, own } = scene([check, { ...check, name: 'other', query: 'other' }]);
    prometheus.answers.set('queue', new CanaryError('PROMETHEUS_UNREACHABLE', 'gone', { found: 'HTTP 503' }));
    prometheus.answers.set('other', scalar(1));
    const [broken, other] = await own.measure();
    assert.deepEqual([broken?.verdict, broken?.detail], ['error', 'gone: HTTP 503']);
    assert.equal(other?.verdict, 'pass');
  });

  it('are all tried before the first write, and every query that is wrong is told', async () => {
    const { prometheus, own } = scene([
      { ...check, name: 'refused', query: 'refused' },
      { ...check, name: 'text', query: 'text' },
      { ...check, name: 'range', query: 'x[5m]' },
      check,
    ]);
    prometheus.answers.set('refused', new QueryRefused('http://p', 'bad_data: parse error'));
    prometheus.answers.set('text', { type: 'string', time: 1, text: 'x', warnings: [] });
    prometheus.answers.set('x[5m]', { type: 'matrix', series: [], warnings: [] });
    const told = await own.preflight().then(
      () => [],
      (thrown: unknown) => toCanaryErrors(thrown).map(({ code, sentence }) => `${code} ${sentence}`),
    );
    assert.equal(told.length, 3);
    assert.match(
      told[0] ?? '',
      /^INPUT_INVALID Input `checks` can't be used: the query of refused: expected a query that Prometheus takes, found bad_data: parse error\. Try/,
    );
    assert.match(told[1] ?? '', /the query of text: .* comes to a string/);
    assert.match(told[2] ?? '', /the query of range: .* comes to a range of samples/);
  });

  it('that nobody can try say so as the built-in ones do', async () => {
    const { prometheus, own } = scene([check, { ...check, name: 'other' }]);
    prometheus.answers.set('queue', new CanaryError('PROMETHEUS_UNREACHABLE', 'gone'));
    await assert.rejects(own.preflight(), { code: 'PROMETHEUS_UNREACHABLE', message: 'gone' });
  });

  it('find it fine that there is no data of a canary that does not exist yet', () =>
    scene([check]).own.preflight());
});

describe('built-in and own checks together', () => {
  it('are asked at the same time', async () => {
    const { prometheus, own } = scene([check]);
    const builtIn = new ScriptedMetrics();
    let answer: () => void = () => {};
    builtIn.measure = async () => {
      await new Promise<void>(resolve => {
        answer = resolve;
      });
      return [passing];
    };
    const round = new JoinedMetrics(builtIn, own).measure();
    assert.deepEqual(prometheus.asked, ['queue'], 'the built-in ones have not answered yet');
    answer();
    assert.deepEqual(
      (await round).map(measurement => measurement.check),
      ['success-rate', 'queue'],
    );
  });

  it('start their windows together, and leave counting to the built-in ones', async () => {
    const { clock, prometheus, own } = scene([{ ...check, query: '{{window}}' }]);
    const builtIn = new ScriptedMetrics();
    const joined = new JoinedMetrics(builtIn, own);
    clock.advance(100);
    await joined.startWindow(Weight.of(10));
    clock.advance(7);
    await joined.measure();
    assert.deepEqual([builtIn.windows, prometheus.asked], [1, ['7s']]);
    assert.deepEqual(await joined.total(), { requests: 1234, failed: 5 });
    assert.equal(await joined.isIdle(), true);
  });
});
