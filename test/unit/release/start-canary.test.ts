import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { nameOf } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { ReleaseSpec } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/spec.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { canaryPlan, type Doubles, deployment, doubles, failing, passing, spec, unclear } from './doubles.ts';
import { run } from './run.ts';

/** The replicas that the canary had, from the first to the last. */
async function sizes(changes: Partial<ReleaseSpec>): Promise<readonly number[]> {
  const ports = doubles();
  const seen: number[] = [];
  const note = (object: { readonly spec?: unknown; readonly metadata: { readonly name: string } }) => {
    const { replicas } = object.spec as { readonly replicas?: number };
    if (object.metadata.name === 'web-canary' && replicas !== undefined) seen.push(replicas);
  };
  const { apply, patch } = ports.cluster;
  ports.cluster.apply = async object => {
    const stored = await apply.call(ports.cluster, object);
    if (object.kind === 'Deployment') note(stored);
    return stored;
  };
  ports.cluster.patch = async (ref, operations) => {
    const stored = await patch.call(ports.cluster, ref, operations);
    note(stored);
    return stored;
  };
  await run(ports, canaryPlan({ spec: { ...spec, ...changes } }));
  return seen;
}
const steps = (...weights: readonly number[]) =>
  weights.map(percent => ({ weight: Weight.of(percent), pause: Duration.minutes(1) }));

describe("the canary's pods", () => {
  it('are the share of stable that the weight is, and never fewer than before', async () => {
    assert.deepEqual(await sizes({ steps: steps(10, 40, 50, 75, 100) }), [1, 2, 3, 4]);
  });

  it('are as many as the inputs say, where these say a number', async () => {
    assert.deepEqual(await sizes({ steps: steps(10, 50, 100), canaryReplicas: 3 }), [3]);
  });

  it('are awaited together with the new workloads, for as long as they may take', async () => {
    const ports = doubles();
    const awaited: string[] = [];
    ports.cluster.awaitReady = async (workloads, { timeout, signal }) => {
      assert.ok(signal !== undefined);
      awaited.push(`${workloads.map(nameOf).join(' and ')} for ${timeout}`);
    };
    await run(ports, canaryPlan({ newWorkloads: [deployment('worker', 'app:2')] }));
    assert.equal(awaited[0], 'Deployment shop/worker and Deployment shop/web-canary for 10m');
  });

  it('are not awaited any longer when the step is cancelled', async () => {
    const ports = doubles();
    ports.cluster.awaitReady = (_, { signal }) => {
      setImmediate(() => ports.pipeline.cancel());
      return new Promise(resolve => signal?.addEventListener('abort', () => resolve()));
    };
    assert.equal((await run(ports)).outcome, 'cancelled');
  });

  it('get requests only after the data plane has had the time to learn of them', async () => {
    const ports = doubles();
    const at: number[] = [];
    ports.router.open = async () => void at.push(ports.clock.now());
    ports.router.setWeight = async () => void at.push(ports.clock.now());
    await run(ports);
    assert.deepEqual(at, [0, 5_000, 5_000 + 300_000 + 5_000]);
  });
});

describe('the record', () => {
  /** What the record said when the router got each weight. */
  async function recorded(ports: Doubles, plan = canaryPlan()): Promise<readonly string[]> {
    const seen: string[] = [];
    ports.router.setWeight = async weight => {
      const { phase, weight: noted } = ports.lock.records.at(-1) ?? {};
      seen.push(`${weight}: ${phase} ${noted}`);
    };
    await run(ports, plan);
    return seen;
  }

  it('says each weight before it is true, so that whoever comes after a crash assumes the worst', async () => {
    assert.deepEqual(await recorded(doubles()), ['10 %: stepping 10', '50 %: stepping 50']);
  });

  it('does so for the whole share that the canary has to carry during promotion as well', async () => {
    const plan = canaryPlan();
    const [web] = plan.workloads;
    const other = { ...web, rolloutTakesAllPods: true };
    assert.equal(
      (await recorded(doubles(), { ...plan, workloads: [web, other] })).at(-1),
      '100 %: promoting 100',
    );
  });
});

describe('what becomes of a step', () => {
  const ends = (ports: Doubles) =>
    ports.pipeline.events.flatMap(event =>
      event.type === 'step-ended'
        ? [`${event.step.weight} ${event.verdict} after ${event.lasted}: ${event.reason}`]
        : [],
    );

  it('is told with how long it lasted, and why it failed', async () => {
    const ports = doubles();
    ports.metrics.rounds = [...Array.from({ length: 10 }, () => [passing]), [failing]];
    await run(ports);
    assert.deepEqual(ends(ports), [
      '10 % pass after 5m: ',
      '50 % fail after 35s: success-rate 80 % (limit ≥ 99 %, 1 000 requests)',
    ]);
  });

  it('is told to be unclear where it is, and not to have failed', async () => {
    const ports = doubles();
    ports.metrics.rounds = [[unclear]];
    await run(ports);
    assert.match(ends(ports).join(), /^10 % inconclusive after 10m: still not clear after 10:00/);
  });

  it('is told also where it is cancelled, and where the cluster fails it', async () => {
    const cancelled = doubles();
    cancelled.clock.onSleep = now => now >= 60_000 && cancelled.pipeline.cancel();
    await run(cancelled);
    assert.deepEqual(ends(cancelled), ['10 % cancelled after 1m: The step was cancelled']);
    const failed = doubles();
    failed.router.setWeight = () => Promise.reject(new Error('odd'));
    await run(failed);
    assert.match(ends(failed).join(), /^10 % fail after 0s: An unforeseen error: odd/);
  });
});
