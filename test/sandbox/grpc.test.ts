import assert from 'node:assert/strict';
import { unwrapped } from '../unwrapped.ts';
import { inShop } from './shop.ts';
import { stage } from './stage.ts';

describe('a workload that speaks gRPC, with the built step', function () {
  this.timeout(60_000);

  stage.it(
    'is not promoted on HTTP codes, which are 200 for its errors as well, and the warning comes first',
    () =>
      inShop({}, async shop => {
        const { main } = await shop.release({ inputs: { grpc: 'true', onInconclusive: 'rollback' } });
        const { outcome, reason = '' } = main.outputVariables;
        const log = unwrapped(main.lines);
        assert.equal(outcome, 'rolled-back', log);
        assert.match(
          reason,
          /^At 50 %: still not clear .*gRPC errors are HTTP 200 and not counted: set .grpc_stats./,
        );
        const [warning] = main.issues.filter(({ type }) => type === 'warning');
        assert.match(
          warning?.message ?? '',
          /^sample-app speaks gRPC, .*no step can be passed with these checks/,
        );
      }),
  );

  stage.it('is promoted on checks of its own, and the log says that they alone see its errors', () =>
    inShop({}, async shop => {
      const checks = '- name: calls\n  query: vector(1)\n  min: 1';
      const { main } = await shop.release({ inputs: { grpc: 'true', checks } });
      const log = unwrapped(main.lines);
      assert.equal(main.outputVariables.outcome, 'promoted', log);
      assert.match(log, /success-rate .* pass: gRPC errors are not among them, and left to your own checks/);
    }),
  );
});
