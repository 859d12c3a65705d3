import assert from 'node:assert/strict';
import {
  clearLeftovers,
  mergeLeftovers,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/clear-leftovers.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import {
  CanaryError,
  toCanaryErrors,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  refOf,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import {
  type ReleaseRecord,
  recordFor,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { isSameJson } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/same-json.ts';
import { canaryPlan, type Doubles, deployment, doubles } from './doubles.ts';
import { claim } from './run.ts';

const options = {
  reason: 'an earlier run left its canary behind',
  drain: Duration.seconds(30),
  rolloutTimeout: Duration.minutes(10),
};
const settings = deployment('settings', 'none');
const plan = canaryPlan({ additions: [settings] });

/** A cluster as a run leaves it that dies in this phase, and its record. */
async function dead(change: Partial<ReleaseRecord>) {
  const ports = doubles();
  const [{ canary, services }] = plan.workloads;
  for (const object of [deployment('web', 'app:1'), canary, ...services, settings]) {
    await ports.cluster.apply(object);
  }
  ports.cluster.writes.length = 0;
  ports.router.opened.push(...recordFor(claim, plan).routes.map(({ twin }) => twin));
  return { ports, left: { ...recordFor(claim, plan), weight: 50, ...change } };
}

const names = (ports: Doubles) => [...ports.cluster.objects.keys()];

describe('what a dead run left', () => {
  it('is taken back: traffic first, then all that it made', async () => {
    const { ports, left } = await dead({ phase: 'stepping' });
    await clearLeftovers(left, ports, options);
    assert.deepEqual(ports.router.calls, ['stop', 'close']);
    assert.deepEqual(names(ports), ['Deployment shop/web']);
  });

  it('waits for requests in flight at the canary before its pods go', async () => {
    const { ports, left } = await dead({ phase: 'stepping' });
    const order: string[] = [];
    ports.cluster.beforeWrite = write => order.push(`${write} at ${ports.clock.now()}`);
    await clearLeftovers(left, ports, options);
    assert.ok(order.includes('delete Deployment shop/web-canary at 5000'), order.join());
  });

  it('loses no time where the canary had no weight', async () => {
    const { ports, left } = await dead({ phase: 'starting', weight: 0 });
    await clearLeftovers(left, ports, options);
    assert.equal(ports.clock.now(), 0);
    assert.deepEqual(names(ports), ['Deployment shop/web']);
  });

  it('says in the record that it is on its way back, without weight, before anything is removed', async () => {
    const { ports, left } = await dead({ phase: 'stepping' });
    ports.cluster.beforeWrite = () => {
      const { phase, weight } = ports.lock.records.at(-1) ?? {};
      assert.deepEqual({ phase, weight }, { phase: 'rolling-back', weight: 0 });
    };
    await clearLeftovers(left, ports, options);
  });

  it('is an error that names what could not be removed, for a release on top of it would be two', async () => {
    const { ports, left } = await dead({ phase: 'stepping' });
    ports.cluster.beforeWrite = write => {
      if (write === 'delete Service shop/web-canary') throw new CanaryError('CLUSTER_FORBIDDEN', 'may not');
    };
    await assert.rejects(clearLeftovers(left, ports, options), {
      code: 'CLUSTER_REFUSED',
      found: 'Service shop/web-canary could not be removed: may not',
    });
  });

  it('keeps its pods where traffic could not be taken off them', async () => {
    const { ports, left } = await dead({ phase: 'stepping' });
    ports.router.stopFails = true;
    await assert.rejects(clearLeftovers(left, ports, options), /could not be cleared/);
    assert.deepEqual(ports.cluster.writes, []);
    assert.equal(ports.lock.records.at(-1)?.weight, 50);
  });
});

describe('what a run left that died while stable was being replaced', () => {
  it('keeps its traffic until stable is ready', async () => {
    const { ports, left } = await dead({ phase: 'promoting' });
    ports.cluster.awaitReady = async workloads => {
      assert.deepEqual(ports.router.calls, []);
      assert.deepEqual(workloads, [refOf(deployment('web', 'app:1'))]);
    };
    await clearLeftovers(left, ports, options);
    assert.deepEqual(ports.router.calls, ['stop', 'close']);
  });

  it('gets its traffic back only once the data plane knows the pods of stable', async () => {
    const { ports, left } = await dead({ phase: 'promoting' });
    let stoppedAt = 0;
    ports.router.stop = async () => {
      stoppedAt = ports.clock.now();
    };
    await clearLeftovers(left, ports, options);
    assert.equal(stoppedAt, 5_000);
  });

  it('goes as the rest of a promotion where stable is of its version, also if this one dies as well', async () => {
    const { ports, left } = await dead({ phase: 'promoting' });
    await clearLeftovers(left, ports, { ...options, isPromoted: true });
    assert.deepEqual(
      ports.lock.records.map(({ phase, weight }) => [phase, weight]),
      [['promoting', 0]],
    );
    const phases = ports.pipeline.events.flatMap(event => (event.type === 'phase' ? [event.phase] : []));
    assert.deepEqual(phases, ['promoting']);
  });

  it('keeps it for good where stable does not get ready', async () => {
    const { ports, left } = await dead({ phase: 'promoting' });
    ports.cluster.neverReady.add('web');
    await assert.rejects(clearLeftovers(left, ports, options), { code: 'ROLLOUT_NOT_READY' });
    assert.deepEqual(ports.router.calls, []);
    assert.deepEqual(ports.cluster.writes, []);
  });

  describe('whose version does not get ready', () => {
    const old = deployment('web', 'app:1').spec as { readonly template: unknown };
    const template = (ports: Doubles) =>
      valueAt(ports.cluster.objects.get('Deployment shop/web'), 'spec', 'template');

    /** Stable is of the canary's version by now. */
    async function half(change: Partial<ReleaseRecord> = {}) {
      const { ports, left } = await dead({ phase: 'promoting', ...change });
      const [{ canary }] = plan.workloads;
      await ports.cluster.apply({ ...deployment('web', 'app:1'), spec: canary.spec });
      ports.cluster.writes.length = 0;
      ports.cluster.awaitReady = async () => {
        if (!isSameJson(template(ports), old.template)) throw new CanaryError('ROLLOUT_NOT_READY', 'no room');
      };
      return { ports, left };
    }
    const digest = plan.workloads[0].ranDigest;

    it('gets its old one back, by the digest in the record, before the canary loses its traffic', async () => {
      const { ports, left } = await half();
      ports.cluster.former.set(`web ${digest}`, old.template);
      ports.router.stop = async () => assert.deepEqual(template(ports), old.template);
      assert.equal(await clearLeftovers(left, ports, options), 'no room');
      assert.deepEqual(names(ports), ['Deployment shop/web']);
      const phases = ports.pipeline.events.flatMap(event => (event.type === 'phase' ? [event] : []));
      assert.deepEqual(phases, [
        { type: 'phase', phase: 'rolling-back', reason: 'stable has its old version again (no room)' },
      ]);
    });

    it('keeps it, and the canary its share, where the cluster has forgotten the old one', async () => {
      const { ports, left } = await half();
      await assert.rejects(clearLeftovers(left, ports, options), (thrown: unknown) => {
        assert.deepEqual(
          toCanaryErrors(thrown).map(({ code, message }) => `${code}: ${message}`),
          [
            'ROLLOUT_NOT_READY: no room',
            'ROLLOUT_NOT_READY: The version that Deployment shop/web ran before is not to be found',
          ],
        );
        return true;
      });
      assert.deepEqual(ports.cluster.writes, []);
      assert.deepEqual(ports.router.calls, []);
    });

    it('keeps it where that is neither the canary’s nor the one before: somebody else has deployed it', async () => {
      const { ports, left } = await half();
      await ports.cluster.apply(deployment('web', 'app:3'));
      ports.cluster.former.set(`web ${digest}`, old.template);
      ports.cluster.writes.length = 0;
      await assert.rejects(clearLeftovers(left, ports, options), { code: 'ROLLOUT_NOT_READY' });
      assert.deepEqual(ports.cluster.writes, []);
    });
  });

  it('keeps what the release added, which the new stable needs, also if this one dies as well', async () => {
    const { ports, left } = await dead({ phase: 'promoting' });
    await clearLeftovers(left, ports, options);
    assert.deepEqual(names(ports), ['Deployment shop/web', 'Deployment shop/settings']);
    assert.deepEqual(ports.lock.records.at(-1)?.added, []);
  });

  it('is not waited for any more when the step is cancelled', async () => {
    const { ports, left } = await dead({ phase: 'promoting' });
    ports.cluster.awaitReady = async (_, { signal }) => {
      ports.pipeline.cancel();
      if (signal?.aborted) throw new CanaryError('CANCELLED', 'Cancelled while waiting');
    };
    await assert.rejects(clearLeftovers(left, ports, options), { code: 'CANCELLED' });
    assert.deepEqual(ports.router.calls, []);
  });
});

describe('what a record and the labels tell of the same leftovers', () => {
  const record = { ...recordFor(claim, plan), weight: 10 };
  const other = { ...refOf(deployment('other-canary', 'app:1')) };

  it('is one list, with nothing twice', () => {
    const merged = mergeLeftovers(record, {
      weight: 0,
      routes: record.routes.map(({ twin }) => ({
        twin: { ...twin, apiVersion: twin.apiVersion.replace('v3alpha1', 'v2') },
      })),
      canary: [...record.canary, other],
    });
    assert.deepEqual(merged, { ...record, canary: [...record.canary, other] });
  });

  it('has the routes that only the labels know', () => {
    const route = { twin: { ...other, kind: 'Mapping' } };
    const merged = mergeLeftovers(record, { weight: 0, routes: [route], canary: [] });
    assert.deepEqual(merged.routes, [...record.routes, route]);
  });

  it('assumes the higher weight of the two', () => {
    const weigh = (found: number) => mergeLeftovers(record, { weight: found, routes: [], canary: [] }).weight;
    assert.deepEqual([weigh(0), weigh(50)], [10, 50]);
  });
});
