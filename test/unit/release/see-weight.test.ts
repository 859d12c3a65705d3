import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { Sighting } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import { drain } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/settle.ts';
import type { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { type Doubles, doubles, MemoryRouter } from './doubles.ts';
import { run as runOn } from './run.ts';

/** A router that can say what came of a weight, a second after it was asked. */
class SeeingRouter extends MemoryRouter {
  readonly limits: string[] = [];
  sightings: Readonly<Record<number, Sighting>> = {};

  constructor(private readonly ports: Doubles) {
    super();
  }

  async awaitWeight(weight: Weight, limit: Duration): Promise<Sighting> {
    this.calls.push(`see ${weight.percent}`);
    this.limits.push(`${weight.percent}: ${limit}`);
    await this.ports.clock.sleep(Duration.seconds(1));
    return this.sightings[weight.percent] ?? { kind: 'shown' };
  }
}

function scene(sightings: Readonly<Record<number, Sighting>> = {}) {
  const ports = doubles();
  const router = new SeeingRouter(ports);
  router.sightings = sightings;
  const run = () => runOn({ ...ports, router });
  const notices = () => ports.pipeline.events.flatMap(event => (event.type === 'notice' ? [event.text] : []));
  return { ...ports, router, run, notices };
}

const wrong = { kind: 'wrong', cause: 'its Mapping was refused' } as const;

describe('a release whose router can say what came of a weight', () => {
  it('looks after each weight, and before what is behind the route is removed', async () => {
    const { run, router, metrics } = scene();
    const shown: string[] = [];
    Object.assign(metrics, { weightShown: (after: Duration) => shown.push(`${after}`) });
    assert.equal((await run()).outcome, 'promoted');
    assert.deepEqual(router.calls, [
      'open',
      'weight 10',
      'see 10',
      'weight 50',
      'see 50',
      'stop',
      'see 0',
      'close',
    ]);
    assert.deepEqual(shown, ['1s', '1s']);
    assert.deepEqual(router.limits, ['10: 10s', '50: 10s', '0: 1m']);
  });

  for (const share of ['all', 'none'] as const) {
    it(`rolls back before the first measurement where the canary gets ${share}`, async () => {
      const { run, router, metrics } = scene({ 10: { ...wrong, share } });
      let asked = 0;
      const { measure } = metrics;
      metrics.measure = () => {
        asked += 1;
        return measure.call(metrics);
      };
      const ending = await run();
      assert.equal(ending.outcome, 'rolled-back');
      const seen = share === 'all' ? '100 %' : '0 %';
      assert.equal(
        ending.reason,
        `At 10 %: split 10 % asked, ${seen} in Emissary's routes: its Mapping was refused`,
      );
      assert.deepEqual([ending.failedStep, ending.failedCheck], ['10 %', 'split']);
      assert.equal(asked, 0);
      assert.ok(router.calls.includes('stop'));
    });
  }

  it('goes on, and says so, where the weight is not shown in its time or nobody answers any more', async () => {
    const { run, notices } = scene({
      10: { kind: 'not-shown', why: 'Mapping shop/web-canary has 0 %' },
      50: { kind: 'unknown', why: 'it answers 503' },
    });
    assert.equal((await run()).outcome, 'promoted');
    assert.deepEqual(notices(), [
      "Emissary's routes do not show 10 % after 00:01 (Mapping shop/web-canary has 0 %): the metrics have to tell",
      "Emissary's routes do not show 50 % after 00:01 (it answers 503): the metrics have to tell",
    ]);
  });
});

describe('the drain of a canary', () => {
  const limit = Duration.seconds(30);
  const drained = async (sightings: Readonly<Record<number, Sighting>>, hurry = false) => {
    const { clock, metrics, router, pipeline } = scene(sightings);
    const asked: number[] = [];
    metrics.isIdle = async () => asked.push(clock.now()) > 1;
    const tell = pipeline.tell.bind(pipeline);
    await drain({ clock, metrics, router, tell, limit: hurry ? Duration.seconds(4) : limit, hurry });
    return { asked, ended: clock.now(), limits: router.limits };
  };

  it('begins when the stop is shown, and then leaves the other Emissary pods 2 s', async () => {
    assert.deepEqual(await drained({}), { asked: [3_000, 4_000], ended: 4_000, limits: ['0: 1m'] });
  });

  it('leaves it 5 s where it was not shown', async () => {
    const { asked } = await drained({ 0: { kind: 'not-shown', why: 'has 10 %' } });
    assert.deepEqual(asked, [6_000, 7_000]);
  });

  it('takes no longer than its limit in a hurry, an Emissary that hangs included', async () => {
    const { clock, metrics, router, pipeline } = scene();
    router.awaitWeight = () => new Promise(() => {});
    metrics.isIdle = async () => false;
    const tell = pipeline.tell.bind(pipeline);
    await drain({ clock, metrics, router, tell, limit: Duration.seconds(4), hurry: true });
    assert.equal(clock.now(), 4_000);
  });
});
