import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CounterWindow } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/counters.ts';
import type {
  Labels,
  MatrixSeries,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import { series } from './doubles.ts';

const canary = { envoy_cluster_name: 'app_canary', pod: 'emissary-1' };
const code = (envoy_response_code_class: string, labels: Labels = canary): Labels => ({
  ...labels,
  envoy_response_code_class,
});
const ok = code('2');
const failed = code('5');

function total(window: CounterWindow): number {
  return window.counts().reduce((all, { count }) => all + count, 0);
}

type Batch = readonly MatrixSeries[];

describe('CounterWindow', () => {
  const rows: [rule: string, start: Batch, batches: readonly Batch[], counted: number][] = [
    ['counts nothing at its start', [series(ok, '10@5 20@9')], [], 0],
    [
      'counts a series that was there from its first scrape in the window',
      [series(ok, '10@5 20@9')],
      [[series(ok, '20@9 30@15')], [series(ok, '30@15 40@18')]],
      3,
    ],
    [
      'counts nothing up to its first scrape in the window',
      [series(ok, '20@9')],
      [[series(ok, '20@9 30@50')]],
      0,
    ],
    [
      'counts a series of a new cluster from 0',
      [series({ ...ok, envoy_cluster_name: 'app' }, '20@9')],
      [[series(ok, '30@4')], [series(ok, '30@4 40@6')]],
      6,
    ],
    ['counts from 0 where nothing at all was there', [], [[series(ok, '30@4 40@7')]], 7],
    [
      'counts a series that appears after the first scrape from 0',
      [series(ok, '20@9')],
      [[series(ok, '20@9 30@10 40@12'), series(failed, '40@3')]],
      2 + 3,
    ],
    [
      'counts a series that appears with the first scrape of its cluster from there, for what it holds may be older',
      [series(ok, '20@9')],
      [[series(ok, '20@9 30@10 40@12'), series(failed, '30@3 40@4')]],
      2 + 1,
    ],
    [
      'counts a series that was there from its own first scrape, where that comes later than that of the others',
      [series(ok, '20@9'), series(failed, '20@100')],
      [[series(ok, '30@10 40@10'), series(failed, '40@103 50@104')]],
      1,
    ],
    [
      'counts a counter that was reset from 0',
      [series(ok, '20@9')],
      [[series(ok, '30@10 40@13 50@2 60@4')]],
      3 + 2 + 2,
    ],
    [
      'takes a reset before the first scrape for older than the window',
      [series(ok, '20@9')],
      [[series(ok, '30@4 40@6')]],
      2,
    ],
    ['keeps what a series counted that vanishes', [series(ok, '20@9')], [[series(ok, '30@10 40@14')], []], 4],
    [
      'goes on where a series left off that was missing for a while',
      [series(ok, '20@9')],
      [[series(ok, '30@10 40@14')], [], [series(ok, '70@19')]],
      9,
    ],
    [
      'catches up on several scrapes at once, with the resets between',
      [series(ok, '20@9')],
      [[series(ok, '30@10')], [series(ok, '40@11 50@1 60@2 70@1')]],
      1 + 1 + 1 + 1,
    ],
    [
      'counts no sample twice',
      [series(ok, '20@9')],
      [[series(ok, '30@10 40@14')], [series(ok, '20@9 30@10 40@14')], [series(ok, '30@10 40@14 50@15')]],
      5,
    ],
    [
      'counts several pods by themselves, for scrapes have their own times',
      [series(ok, '20@9'), series(code('2', { ...canary, pod: 'emissary-2' }), '25@100')],
      [[series(ok, '30@10 40@14'), series(code('2', { ...canary, pod: 'emissary-2' }), '35@100 45@103')]],
      4 + 3,
    ],
    [
      'takes a cluster that has samples from before the window for an old one, though the start did not show it',
      [series({ ...ok, envoy_cluster_name: 'app' }, '20@9')],
      [[series(ok, '12@500 32@501 42@503')]],
      2,
    ],
    [
      'leaves out what is no count',
      [series(ok, '20@9')],
      [[series(ok, '30@10 40@NaN 50@Infinity 60@-1 70@13')]],
      3,
    ],
  ];
  for (const [rule, start, batches, counted] of rows) {
    it(rule, () => {
      const window = new CounterWindow();
      window.start(start);
      for (const batch of batches) window.add(batch);
      assert.equal(total(window), counted);
    });
  }

  it('returns what each scrape brought, once, and nothing for one that brought nothing', () => {
    const window = new CounterWindow();
    window.start([series(ok, '20@9')]);
    const scrapes = [series(ok, '30@10 40@10 50@13 60@14')];
    assert.deepEqual(window.add(scrapes), [
      { labels: ok, time: 50, count: 3 },
      { labels: ok, time: 60, count: 1 },
    ]);
    assert.deepEqual(window.add(scrapes), []);
  });

  it('starts anew from the samples of then', () => {
    const window = new CounterWindow();
    window.start([series(ok, '20@9')]);
    window.add([series(ok, '30@10 40@14')]);
    window.start([series(ok, '40@14 50@18')]);
    assert.equal(total(window), 0);
    window.add([series(ok, '50@18 60@20 70@21')]);
    assert.equal(total(window), 1);
  });

  it('remembers a series over the start of a window that does not show it', () => {
    const window = new CounterWindow();
    window.start([series(ok, '20@900')]);
    window.add([series(ok, '30@910')]);
    window.start([]);
    window.add([series(ok, '400@950 410@953')]);
    assert.equal(total(window), 3);
  });

  it('knows the labels of what it counted', () => {
    const window = new CounterWindow();
    window.start([]);
    window.add([series(ok, '1@2'), series(failed, '1@1')]);
    assert.deepEqual(window.counts(), [
      { labels: ok, count: 2 },
      { labels: failed, count: 1 },
    ]);
  });

  it('says whether anything was scraped since it started', () => {
    const window = new CounterWindow();
    assert.equal(window.newest, Number.NEGATIVE_INFINITY);
    window.start([series(ok, '20@9')]);
    window.add([series(ok, '20@9')]);
    assert.equal(window.hasNewScrape, false);
    window.add([series(ok, '20@9 30@9')]);
    assert.equal(window.hasNewScrape, true);
    assert.equal(window.newest, 30);
  });

  /** What really happened, scrape by scrape: gains, and whether the counter was reset right after the scrape before. */
  const history = fc.array(fc.record({ gain: fc.nat(50), reset: fc.boolean() }), {
    minLength: 3,
    maxLength: 40,
  });

  it('counts exactly what was gained from its first scrape on, whatever resets, gaps and overlaps there are', () => {
    fc.assert(
      fc.property(history, fc.nat(40), fc.array(fc.nat(45), { maxLength: 20 }), (scrapes, startAt, cuts) => {
        let value = 1000;
        const samples = scrapes.map(({ gain, reset }, i) => {
          value = reset ? gain : value + gain;
          return { time: i, value };
        });
        const start = startAt % (samples.length - 1);
        // A reset that gains as much as was there before can't be seen by anybody.
        fc.pre(scrapes.every(({ gain, reset }, i) => !reset || gain < (samples[i - 1]?.value ?? 0)));
        const window = new CounterWindow();
        window.start([{ labels: ok, samples: samples.slice(0, start + 1) }]);
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          window.add([{ labels: ok, samples: samples.slice(0, cut) }]);
        }
        window.add([{ labels: ok, samples }]);
        const gained = scrapes.slice(start + 2).reduce((all, { gain }) => all + gain, 0);
        assert.equal(total(window), gained);
      }),
    );
  });
});
