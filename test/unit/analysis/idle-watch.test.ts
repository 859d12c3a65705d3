import assert from 'node:assert/strict';
import { IdleWatch } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/idle-watch.ts';
import type { MatrixSeries } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/query-result.ts';
import { series } from './doubles.ts';

const canary = (samples: string, pod = 'e-1', code = '2') =>
  series({ envoy_cluster_name: 'app_canary', envoy_response_code_class: code, pod }, samples);
const stable = (samples: string, pod = 'e-1') => series({ envoy_cluster_name: 'app', pod }, samples);

describe('IdleWatch', () => {
  const rows: [what: string, calls: MatrixSeries[][], idle: boolean | undefined][] = [
    ['knows nothing without series', [[], []], undefined],
    [
      'never takes scrapes from before the first call for a proof',
      [[canary('10@5 20@5')], [canary('10@5 20@5')]],
      false,
    ],
    ['wants two newer scrapes', [[canary('20@5')], [canary('20@5 30@5')]], false],
    ['is content with two that are equal', [[canary('20@5')], [canary('20@5 30@7 40@7')]], true],
    ['sees a request between them', [[canary('20@5')], [canary('20@5 30@7 40@8')]], false],
    ['goes by the last two', [[canary('20@5')], [canary('20@5 30@7 40@8 50@8')]], true],
    [
      'sees a first failure between them',
      [[canary('20@5')], [canary('30@7 40@7'), canary('40@1', 'e-1', '5')]],
      false,
    ],
    ['takes a canary that never got a request for idle', [[stable('20@5')], [stable('30@7 40@9')]], true],
    [
      'takes a canary whose cluster is gone for idle',
      [[canary('20@5'), stable('20@5')], [stable('30@7 40@9')]],
      true,
    ],
    [
      'waits for each Emissary',
      [
        [canary('20@5'), canary('22@5', 'e-2')],
        [canary('30@5 40@5'), canary('32@5', 'e-2')],
      ],
      false,
    ],
    [
      'waits for an Emissary that is not seen any more',
      [[canary('20@5'), canary('22@5', 'e-2')], [canary('30@5 40@5')]],
      false,
    ],
    [
      'sees a request at an Emissary that is new',
      [[canary('20@5')], [canary('30@5 40@5'), canary('32@1 42@2', 'e-3')]],
      false,
    ],
  ];
  for (const [what, calls, idle] of rows) {
    it(what, () => {
      const watch = new IdleWatch(['app_canary']);
      const answers = calls.map(call => watch.see(call));
      assert.equal(answers.at(-1), idle);
    });
  }
});
