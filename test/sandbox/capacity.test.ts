import assert from 'node:assert/strict';
import { at, type KubeObject } from '../../sandbox/objects.ts';
import { unwrapped } from '../unwrapped.ts';
import { inShop, type Shop } from './shop.ts';
import { stage } from './stage.ts';

const apiVersion = 'autoscaling/v2';
const kind = 'HorizontalPodAutoscaler';
const place = { name: 'sample-app', namespace: 'default' };
const minimum = (shop: Shop) =>
  Number(at(shop.sandbox.state.get(apiVersion, kind, 'default', place.name), 'spec', 'minReplicas'));

function haveHpa(shop: Shop, minReplicas: number): void {
  shop.sandbox.state.apply({
    apiVersion,
    kind,
    metadata: place,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'sample-app' },
      minReplicas,
      maxReplicas: 9,
    },
  });
}

/** What a run leaves that dies when all but its last write is done. */
function lease(raised?: number): KubeObject {
  const ref = (of: string, kind: string, name: string) => ({ ...place, apiVersion: of, kind, name });
  const record = {
    version: 1,
    run: { id: 'dead', title: 'Shop 20261120.1' },
    state: 'running',
    phase: 'rolling-back',
    weight: 0,
    startedAt: '2026-11-20T00:00:00Z',
    release: 'sample-app',
    routes: [{ twin: ref('getambassador.io/v3alpha1', 'Mapping', 'sample-app-canary') }],
    canary: [ref('apps/v1', 'Deployment', 'sample-app-canary')],
    added: [],
    workloads: [ref('apps/v1', 'Deployment', 'sample-app')],
    ...(raised !== undefined && {
      capacity: [{ autoscaler: { apiVersion, kind, ...place }, field: 'minReplicas', raised, was: 1 }],
    }),
    locks: [{ ...place, name: 'sample-app-canary' }],
  };
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...place,
      name: 'sample-app-canary',
      labels: { 'ambassador-canary/release': 'sample-app' },
      annotations: { 'ambassador-canary/record': JSON.stringify(record) },
    },
    spec: {},
  };
}

describe('an autoscaled stable, with the built step', function () {
  this.timeout(60_000);

  stage.it(
    'gets its minimum back from the next run after one that died at its very end, though nothing changes',
    () =>
      inShop({}, async shop => {
        haveHpa(shop, 4);
        shop.sandbox.state.apply(lease(4), 'ambassador-canary');
        const { main } = await shop.release({ version: '1.0.0' });
        assert.equal(main.outputVariables.outcome, 'unchanged', main.lines.join('\n'));
        assert.equal(minimum(shop), 1);
        assert.deepEqual(shop.sandbox.state.list('coordination.k8s.io/v1', 'Lease'), []);
      }),
  );

  stage.it(
    'has the lock of a run that died just before it gave it back removed by the next run, though nothing changes',
    () =>
      inShop({}, async shop => {
        shop.sandbox.state.apply(lease(), 'ambassador-canary');
        const { main } = await shop.release({ version: '1.0.0' });
        assert.equal(main.outputVariables.outcome, 'unchanged', main.lines.join('\n'));
        assert.deepEqual(shop.sandbox.state.list('coordination.k8s.io/v1', 'Lease'), []);
      }),
  );

  stage.it('keeps its size while the canary is held, which the log says', () =>
    inShop({}, async shop => {
      haveHpa(shop, 1);
      const { main } = await shop.release({ env: { SUCCESS_RATE: '60' }, inputs: { onFailure: 'hold' } });
      const log = unwrapped(main.lines);
      assert.equal(main.outputVariables.outcome, 'held', log);
      assert.match(
        log,
        /keeps stable at (\d) pods: its minReplicas becomes \1 for the release, and is 1 again/,
      );
      assert.match(
        log,
        /applied {2}HorizontalPodAutoscaler default\/sample-app {2}minReplicas \d during the release/,
      );
      assert.ok(minimum(shop) > 1);
    }),
  );
});
