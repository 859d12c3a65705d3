import assert from 'node:assert/strict';
import type { JobResult } from '../agent/test-agent.ts';
import { endedAs } from './endings.ts';
import { inShop, type Shop } from './shop.ts';
import { stage } from './stage.ts';

const v3 = 'getambassador.io/v3alpha1';

/** A release during which somebody adds a Mapping that stands ahead of stable and canary, and leads to one of them. */
async function releaseBehind(shop: Shop, service: string): Promise<JobResult> {
  const { state } = shop.sandbox;
  const during = async () => {
    await state.until(() => state.get(v3, 'Mapping', 'default', 'sample-app-canary') !== undefined);
    state.apply({
      apiVersion: v3,
      kind: 'Mapping',
      metadata: { name: 'ahead', namespace: 'default' },
      spec: { hostname: '*', prefix: '/', service, precedence: 10 },
    });
  };
  return shop.release({ inputs: { pause: '8s' }, job: { during } });
}

describe('a split that is not as asked, with the built step', function () {
  this.timeout(60_000);

  stage.it('is not found where all is well: the log tells the share asked and seen', () =>
    inShop({}, async shop => {
      const { main } = await shop.release({ inputs: { pause: '8s' } });
      endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 50 %' });
      const log = main.lines.join('\n');
      assert.match(log, /^ 50 % {2}00:0\d {2}split +50 % asked, [45]\d\.\d % seen .* pass$/m);
      assert.match(log, /^ {2}step {2}weight {3}split {3}time .*\n {2}1 {7}50 % {2}[45]\d\.\d % {2}00:0/m);
    }),
  );

  const rows = [
    { who: 'nothing', service: 'sample-app', seen: '0 %', cause: 'nothing reaches the canary: ' },
    { who: 'all', service: 'sample-app-canary', seen: '100 %', cause: 'nothing reaches stable: ' },
  ];
  for (const { who, service, seen, cause } of rows) {
    stage.it(`ends the release at once where the canary gets ${who}`, () =>
      inShop({}, async shop => {
        const { main } = await releaseBehind(shop, service);
        const { reason = '' } = main.outputVariables;
        assert.ok(reason.startsWith(`At 50 %: split 50 % asked, ${seen} seen: ${cause}`), reason);
        const failing = { outcome: 'rolled-back', reason, failedStep: '50 %', failedCheck: 'split' };
        endedAs(main, { result: 'Failed', ...failing });
        assert.deepEqual(
          main.issues.filter(({ type }) => type === 'warning'),
          [],
          'it was not even extended',
        );
      }),
    );
  }
});
