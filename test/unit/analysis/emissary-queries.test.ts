import assert from 'node:assert/strict';
import {
  clustersQuery,
  graphQuery,
  presenceQuery,
  requestsQuery,
  responseTimesQuery,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/emissary-queries.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';

const range = Duration.seconds(90);

describe('The built-in queries', () => {
  const rows: [what: string, query: string, expected: string][] = [
    [
      'ask for all clusters at once, each once and in one order',
      requestsQuery({ statNames: ['web', 'app_canary', 'app', 'web'], metricLabels: '' }, range),
      'envoy_cluster_upstream_rq_xx{envoy_cluster_name=~"app|app_canary|web"}[90s]',
    ],
    [
      'add the matchers of metricLabels',
      responseTimesQuery({ statNames: ['app'], metricLabels: 'cluster="prod",job!~"x|y"' }, range),
      'envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name=~"app",cluster="prod",job!~"x|y"}[90s]',
    ],
    [
      'take a stats_name for what it is, never for a pattern or an end of the string',
      presenceQuery({ statNames: ['a.b|c', 'd"}\\\n'], metricLabels: '' }, range),
      'envoy_cluster_upstream_cx_total{envoy_cluster_name=~"a\\\\.b\\\\|c|d\\"\\\\}\\\\\\\\\\n"}[90s]',
    ],
    [
      'reach back whole seconds, and at least one',
      requestsQuery({ statNames: ['a'], metricLabels: '' }, Duration.milliseconds(1)),
      'envoy_cluster_upstream_rq_xx{envoy_cluster_name=~"a"}[1s]',
    ],
    [
      'can be drawn as the share of good requests of each version',
      graphQuery(
        { kind: 'success-rate', minimumPercent: 99 },
        { statNames: ['app'], metricLabels: 'a="b"' },
        range,
      ),
      '100 * sum by (envoy_cluster_name) (rate(envoy_cluster_upstream_rq_xx{envoy_cluster_name=~"app",envoy_response_code_class!="5",a="b"}[360s])) / sum by (envoy_cluster_name) (rate(envoy_cluster_upstream_rq_xx{envoy_cluster_name=~"app",a="b"}[360s]))',
    ],
    [
      'can be drawn as the response time of each version, over a minute at least',
      graphQuery(
        { kind: 'latency', quantile: 0.99, limit: range },
        { statNames: ['app'], metricLabels: '' },
        Duration.seconds(1),
      ),
      'histogram_quantile(0.99, sum by (le, envoy_cluster_name) (rate(envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name=~"app"}[60s])))',
    ],
    [
      'list the clusters',
      clustersQuery('cluster="prod"'),
      'count by (envoy_cluster_name) (envoy_cluster_upstream_cx_total{cluster="prod"})',
    ],
  ];
  for (const [what, query, expected] of rows) it(what, () => assert.equal(query, expected));
});
