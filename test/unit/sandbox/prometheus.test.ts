import assert from 'node:assert/strict';
import { evaluate, type Result } from '../../../sandbox/prometheus/evaluate.ts';
import { parsePromql } from '../../../sandbox/prometheus/promql.ts';
import { Samples } from '../../../sandbox/prometheus/samples.ts';

const target = { job: 'emissary', pod: 'a' };

/** A counter that grows by 10 a second for 20 seconds, scraped every second; another ends after 10. */
function scraped(): Samples {
  const samples = new Samples();
  for (let time = 1_000; time <= 1_020; time++) {
    const value = (time - 1_000) * 10;
    const readings = [{ name: 'requests', labels: { cluster: 'web', class: '2' }, value }];
    if (time <= 1_010) readings.push({ name: 'requests', labels: { cluster: 'old', class: '5' }, value: 7 });
    samples.store(time, target, readings);
  }
  return samples;
}

const ask = (query: string, time = 1_020) => evaluate(parsePromql(query), scraped(), time);
const values = (result: Result) =>
  result.type === 'vector' ? result.series.map(series => series.value) : [];

describe('the Prometheus of the sandbox', () => {
  it('answers a range selector with raw samples of every series that has some', () => {
    const result = ask('requests{class=~"2|5"}[5s]', 1_012);
    assert.equal(result.type, 'matrix');
    const series = result.type === 'matrix' ? result.series : [];
    assert.deepEqual(
      series.map(({ labels, samples }) => [labels.cluster, samples.length]),
      [
        ['web', 5],
        ['old', 3],
      ],
    );
    assert.deepEqual(series[0]?.samples.at(-1), [1_012, 120]);
    assert.deepEqual(series[0]?.labels, { __name__: 'requests', cluster: 'web', class: '2', ...target });
  });

  it('answers an instant selector with what was there at the last scrape', () => {
    assert.deepEqual(values(ask('requests', 1_010)), [100, 7]);
    assert.deepEqual(values(ask('requests', 1_011)), [110]);
    assert.deepEqual(values(ask('requests{cluster!="web"}', 1_005)), [7]);
  });

  it('counts, sums and rates', () => {
    assert.deepEqual(values(ask('count by (cluster) (requests)', 1_010)), [1, 1]);
    assert.deepEqual(values(ask('sum(requests) by (job)', 1_010)), [107]);
    assert.deepEqual(values(ask('sum by (cluster) (rate(requests{cluster="web"}[10s]))')), [10]);
    assert.deepEqual(values(ask('vector(3)')), [3]);
    assert.deepEqual(ask('time()'), { type: 'scalar', value: 1_020 });
  });

  const bad: [query: string, problem: RegExp][] = [
    ['requests{', /unexpected end of input/],
    ['requests{cluster="web"', /unexpected end of input/],
    ['requests[5]', /unexpected "5"/],
    ['{cluster=""}', /at least one non-empty matcher/],
    ['requests{cluster=~"("}', /error parsing regexp/],
    ['nope(requests)', /unknown function with name "nope"/],
    ['requests requests', /unexpected "requests"/],
    ['rate(requests)', /expected type range vector/],
  ];
  for (const [query, problem] of bad) {
    it(`refuses \`${query}\``, () => assert.throws(() => parsePromql(query), { message: problem }));
  }
});
