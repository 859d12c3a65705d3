import assert from 'node:assert/strict';
import type { Gain } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/counters.ts';
import {
  countErrors,
  countSlow,
  windowsOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/scrape-windows.ts';

const names = { canary: new Set(['web_canary']), stable: new Set(['web', 'api']) };

function gain(time: number, cluster: string, count: number, labels: Record<string, string>): Gain {
  return { time, count, labels: { envoy_cluster_name: cluster, ...labels } };
}
const code = (envoy_response_code_class: string, pod = 'one') => ({ envoy_response_code_class, pod });

describe('windows of scrapes', () => {
  it('put the gains of all Envoys and routes together, by version and time', () => {
    const gains = [
      gain(31, 'web', 5, code('5', 'two')),
      gain(16, 'web', 90, code('2')),
      gain(18, 'web', 3, code('5', 'two')),
      gain(16, 'web_canary', 9, code('2')),
      gain(16, 'web_canary', 1, code('5')),
      gain(29, 'api', 7, code('4')),
      gain(16, 'other', 1000, code('5')),
    ];
    assert.deepEqual(windowsOf(gains, names, 15, countErrors), [
      { canary: { total: 10, bad: 1 }, stable: { total: 100, bad: 3 } },
      { canary: { total: 0, bad: 0 }, stable: { total: 5, bad: 5 } },
    ]);
  });

  it('count what is slower than an edge, also where no request was within it', () => {
    const gains = [
      gain(16, 'web', 80, { le: '250' }),
      gain(16, 'web', 100, { le: '+Inf' }),
      gain(16, 'web_canary', 4, { le: '+Inf' }),
    ];
    assert.deepEqual(windowsOf(gains, names, 15, countSlow(250)), [
      { canary: { total: 4, bad: 4 }, stable: { total: 100, bad: 20 } },
    ]);
  });
});
