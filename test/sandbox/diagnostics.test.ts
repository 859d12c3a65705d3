import assert from 'node:assert/strict';
import { unwrapped } from '../unwrapped.ts';
import { endedAs } from './endings.ts';
import { inShop, type Shop } from './shop.ts';
import { stage } from './stage.ts';

const v3 = 'getambassador.io/v3alpha1';

/** Requests for Emissary's diagnostics. */
const asked = (shop: Shop) => shop.sandbox.state.requests.filter(({ path }) => path.includes('/proxy/'));

describe("Emissary's diagnostics, with the built step", function () {
  this.timeout(60_000);

  stage.it(
    'prove the route before the canary can be reached, each weight, and the stop, by few questions',
    () =>
      inShop({}, async shop => {
        const { main } = await shop.release();
        endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 50 %' });
        const seen = unwrapped(main.lines)
          .split('\n')
          .filter(line => /Emissary's (diagnostics|routes)/.test(line));
        assert.deepEqual(
          seen.map(line => line.replace(/ {2}after 00:0\d$/, '')),
          [
            "Emissary's diagnostics are asked whether the split is as asked: emissary/emissary-ingress-admin:8877, whose answer is that of one pod",
            "  ready    in Emissary's routes stable and canary share a group",
            "  ready    Emissary's routes show 50 %",
            "  ready    Emissary's routes show 0 %",
          ],
        );
        // One to find it, and mostly one for each line.
        assert.ok(asked(shop).length > 0 && asked(shop).length <= 7, `${asked(shop).length} questions`);
        assert.ok(asked(shop).every(({ method, code }) => method === 'GET' && code === 200));
      }),
  );

  stage.it('find a twin that is not in the group of stable before anybody meets the canary', () =>
    inShop({}, async shop => {
      const { state, traffic } = shop.sandbox;
      const during = async () => {
        await state.until(() => state.get(v3, 'Mapping', 'default', 'sample-app-canary') !== undefined);
        // Emissary knows Mappings by their name up to the first dot, and drops the later one of two (facts/emissary.md 5).
        const spec = { hostname: '*', prefix: '/', service: 'sample-app' };
        state.apply({
          apiVersion: v3,
          kind: 'Mapping',
          metadata: { name: 'sample-app.aaa', namespace: 'default' },
          spec,
        });
      };
      const { main } = await shop.release({ job: { during } });
      const { outcome, reason = '' } = main.outputVariables;
      assert.equal(outcome, 'rolled-back', main.lines.join('\n'));
      assert.match(reason, /^ROUTE_NOT_SPLIT: Emissary does not split requests between stable and canary/);
      assert.match(
        reason,
        /is in a group without Mapping default\/sample-app, where it may take all requests/,
      );
      assert.equal(traffic.books.get('2.0.0'), undefined);
      assert.equal(state.get(v3, 'Mapping', 'default', 'sample-app-canary'), undefined);
      assert.deepEqual(state.list('apps/v1', 'Deployment').length, 1);
    }),
  );

  stage.it('that can not be asked are told once, with the reason, and the release goes on without them', () =>
    inShop({ withDiagnostics: false }, async shop => {
      const { main } = await shop.release();
      endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 50 %' });
      const told = unwrapped(main.lines)
        .split('\n')
        .filter(line => /Emissary's (diagnostics|routes)/.test(line));
      assert.equal(told.length, 1, told.join('\n'));
      assert.match(
        told[0] ?? '',
        /^Emissary's diagnostics can't be asked \(no Service in all namespaces has the label service=ambassador-admin or a usual name\): the split is proven by the rules and by the metrics$/,
      );
    }),
  );
});
