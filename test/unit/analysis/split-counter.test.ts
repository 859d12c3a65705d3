import assert from 'node:assert/strict';
import type { MatrixSeries } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import { SplitCounter } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/split-counter.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';

/** Samples of one Envoy's cluster, `time: value`. */
function series(name: string, samples: Record<number, number>, pod = 'emissary-1'): MatrixSeries {
  return {
    labels: { envoy_cluster_name: name, envoy_response_code_class: '2', pod },
    samples: Object.entries(samples).map(([time, value]) => ({ time: Number(time), value })),
  };
}

function counter(): SplitCounter {
  return new SplitCounter(
    { canary: new Set(['web_canary']), stable: new Set(['web']) },
    Duration.seconds(15),
  );
}

describe('SplitCounter', () => {
  it('counts both versions over the same times, also a canary that has just appeared', () => {
    const split = counter();
    split.see([series('web', { 0: 5000 })]);
    split.restart();
    split.see([series('web', { 0: 5000, 15: 5100 })]);
    split.see([series('web', { 15: 5100, 30: 5190 }), series('web_canary', { 30: 10 })]);
    assert.deepEqual(split.all, { canary: 10, stable: 90 });
  });

  it('begins with the newest scrape before the weight, and settles so long after the first one behind it', () => {
    const split = counter();
    split.restart();
    split.see([series('web', { 0: 100, 15: 200 })]);
    split.see([series('web', { 30: 300 })]);
    assert.deepEqual([split.all.stable, split.settled.stable], [100, 0]);
    split.see([series('web', { 45: 400, 60: 500 })]);
    assert.deepEqual([split.all.stable, split.settled.stable], [300, 100]);
  });

  it('counts no scrape twice, and starts anew with each weight', () => {
    const split = counter();
    split.restart();
    split.see([series('web', { 0: 100 })]);
    split.see([series('web', { 0: 100, 15: 200 })]);
    split.see([series('web', { 0: 100, 15: 200 })]);
    assert.equal(split.all.stable, 100);
    split.restart();
    split.see([series('web', { 15: 200 })]);
    assert.equal(split.all.stable, 0);
  });

  it('counts a counter that was reset from 0, one of an earlier canary among them', () => {
    const split = counter();
    split.see([series('web', { 0: 900 }), series('web_canary', { 0: 400 })]);
    split.see([series('web', { 15: 1000, 30: 1100 })]);
    split.restart();
    split.see([series('web', { 30: 1100 })]);
    split.see([series('web', { 45: 1190 }), series('web_canary', { 45: 10 })]);
    assert.deepEqual(split.all, { canary: 10, stable: 90 });
  });

  it('waits for the rest of a scrape of which only the canary has arrived', () => {
    const split = counter();
    split.restart();
    split.see([series('web', { 0: 100 }), series('web_canary', { 0: 10 })]);
    split.see([series('web_canary', { 15: 20 })]);
    assert.deepEqual(split.all, { canary: 0, stable: 0 });
    split.see([series('web', { 0: 100, 15: 190 }), series('web_canary', { 0: 10, 15: 20 })]);
    assert.deepEqual(split.all, { canary: 10, stable: 90 });
  });

  it('does not wait for a series that is gone', () => {
    const split = counter();
    split.restart();
    split.see([series('web', { 0: 100 }), series('web_canary', { 0: 10 })]);
    split.see([series('web', { 15: 200, 30: 300 })]);
    assert.equal(split.all.stable, 200);
    split.see([series('web', { 30: 300, 45: 400 })]);
    assert.equal(split.all.stable, 300);
  });

  it('counts an Envoy from its first scrape on, whatever it had answered before', () => {
    const split = counter();
    split.restart();
    split.see([]);
    split.see([series('web', { 0: 5000, 15: 5090 }), series('web_canary', { 0: 700, 15: 710 })]);
    assert.deepEqual(split.all, { canary: 10, stable: 90 });
  });

  it('sums the Envoys up, each by its own scrapes', () => {
    const split = counter();
    const [one, two] = ['emissary-1', 'emissary-2'];
    split.restart();
    split.see([series('web', { 0: 100 }, one), series('web', { 3: 100 }, two)]);
    split.see([series('web', { 15: 200 }, one), series('web', { 18: 300 }, two)]);
    split.see([series('web', { 30: 300 }, one), series('web', { 33: 500 }, two)]);
    // The first Envoy's counts begin with its first scrape after the newest of all.
    assert.equal(split.all.stable, 100 + 400);
  });

  it('settles 5 s after the weight was shown, where that is sooner than it would wait', () => {
    for (const after of [2, 60]) {
      const split = new SplitCounter(
        { canary: new Set(['web_canary']), stable: new Set(['web']) },
        Duration.minutes(1),
      );
      split.restart();
      split.see([series('web', { 0: 0 }), series('web_canary', { 0: 0 })]);
      split.weightShown(Duration.seconds(after));
      const times = [10, 20, 30, 40, 50, 60, 70, 80];
      const gains = Object.fromEntries(times.map(time => [time, time]));
      split.see([series('web', gains), series('web_canary', gains)]);
      const since = times.filter(time => time >= 10 + Math.min(60, after + 5));
      assert.equal(split.settled.canary, 80 - (since[0] ?? 0));
    }
  });
});
