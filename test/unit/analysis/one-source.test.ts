import assert from 'node:assert/strict';
import { sourceConflict } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/one-source.ts';
import type { Labels } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import { series } from './doubles.ts';

const target = { namespace: 'emissary', pod: 'e-1', job: 'admin', instance: '10.0.0.1:8877' };
const both = '10@1 20@1';

describe('sourceConflict', () => {
  const fine: [what: string, labels: Labels[], samples?: string[]][] = [
    ['nothing', []],
    [
      'one pod with several clusters and classes',
      [
        { ...target, envoy_cluster_name: 'a' },
        { ...target, le: '5' },
      ],
    ],
    ['two pods', [target, { ...target, pod: 'e-2', instance: '10.0.0.2:8877' }]],
    [
      'two Emissaries with a job each',
      [target, { ...target, pod: 'e-2', instance: '10.0.0.2:8877', job: 'other' }],
    ],
    [
      'the shards of a Prometheus with different pods',
      [
        { ...target, prometheus_replica: 'p-0' },
        { ...target, pod: 'e-2', instance: '10.0.0.2:8877', prometheus_replica: 'p-1' },
      ],
    ],
    [
      'pods of one name in two namespaces',
      [target, { ...target, namespace: 'b', instance: '10.0.0.2:8877' }],
    ],
    [
      'a pod that took the name of one that is gone',
      [target, { ...target, instance: '10.0.0.9:8877' }],
      ['10@1', '20@1'],
    ],
    ['a job that was renamed', [target, { ...target, job: 'new' }], ['10@1', '20@1']],
    ['series without any label of a target', [{ envoy_cluster_name: 'a' }, { envoy_cluster_name: 'b' }]],
  ];
  for (const [what, labels, samples] of fine) {
    it(`takes ${what} for one source`, () => {
      assert.equal(sourceConflict(labels.map((one, i) => series(one, samples?.[i] ?? both))), undefined);
    });
  }

  const wrong: [what: string, one: Labels, other: Labels, found: RegExp, hint: RegExp][] = [
    [
      'two scrape jobs of one pod',
      target,
      { ...target, job: 'emissary-podmonitor', instance: '10.0.0.1:8878' },
      /^the pod emissary\/e-1 twice: job="admin" and job="emissary-podmonitor"$/,
      /metricLabels, for example job="emissary-podmonitor"$/,
    ],
    [
      'two replicas of Prometheus',
      { ...target, prometheus_replica: 'p-0' },
      { ...target, prometheus_replica: 'p-1' },
      /prometheus_replica="p-0" and prometheus_replica="p-1"/,
      /prometheus_replica="p-1"/,
    ],
    [
      'one address without a pod, under two jobs',
      { job: 'a', instance: '10.0.0.1:8877' },
      { job: 'b', instance: '10.0.0.1:8877', pod: 'e-1' },
      /^the target 10\.0\.0\.1:8877 twice: job="a" and job="b"$/,
      /job="b"/,
    ],
    [
      'one pod through two ports of one job',
      target,
      { ...target, instance: '10.0.0.1:8001' },
      /instance="10\.0\.0\.1:8001" and instance="10\.0\.0\.1:8877"/,
      /instance=/,
    ],
    [
      'two clusters',
      { ...target, cluster: 'prod' },
      { ...target, cluster: 'staging', pod: 'e-7' },
      /^Emissary in several clusters: cluster="prod" and cluster="staging"$/,
      /cluster="/,
    ],
    [
      'a cluster and none',
      { ...target, cluster: 'prod' },
      { ...target, pod: 'e-7', instance: 'x' },
      /cluster="prod" and cluster=""/,
      /metricLabels/,
    ],
    [
      'two clusters, of which one is named as if to break out',
      { ...target, cluster: 'a"} or vector(1)' },
      { ...target, cluster: 'b', pod: 'e-7' },
      /cluster="a\\"} or vector\(1\)"/,
      /metricLabels/,
    ],
  ];
  for (const [what, one, other, found, hint] of wrong) {
    it(`finds ${what}`, () => {
      const conflict = sourceConflict([series(one, both), series(other, '11@1 21@1')]);
      assert.match(conflict?.found ?? '', found);
      assert.match(conflict?.hint ?? '', hint);
    });
  }

  it('names a few clusters where there are many', () => {
    const many = Array.from({ length: 9 }, (_, i) => series({ cluster: `c${i}` }, both));
    assert.match(sourceConflict(many)?.found ?? '', /cluster="c4" and more$/);
  });
});
