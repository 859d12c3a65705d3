import assert from 'node:assert/strict';
import { until } from '../../../rig/until.ts';
import { recordsIn } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/find-record.ts';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import type { ReleaseRecord } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { failure } from './client.ts';
import { HandClock } from './clocks.ts';
import { LeaseWorld, pathOf, placeOf } from './lease-world.ts';
import { record } from './records.ts';

/** A release of its own. */
const of = (run: string, more: Partial<ReleaseRecord> = {}) =>
  record(run, { startedAt: `at ${run}`, ...more });
/** As a run takes over what another left: it stays the release that it was. */
const by = (run: string) => (left: ReleaseRecord) => ({ ...left, run: record(run).run });

describe('LeaseLock of several targets', () => {
  let world: LeaseWorld;

  beforeEach(async () => {
    world = await LeaseWorld.start();
  });
  afterEach(() => world.stop());

  const pointsTo = (name: string, { release, startedAt, run }: ReleaseRecord) => ({
    pointer: { ...placeOf(name), release, startedAt, run },
  });

  it('is taken in an order that is the same for everybody, each Lease once', async () => {
    await world.lock(['web', 'api', 'web']).take(of('7'));
    const made = world.fake.server.received
      .filter(({ method }) => method === 'POST')
      .map(({ text }) => JSON.parse(text).metadata.name);
    assert.deepEqual(made, ['api-canary', 'web-canary']);
  });

  it('is all or none', async () => {
    await world.lock(['web']).take(of('1'));
    await failure(world.lock(['api', 'web']).take(of('2')), 'LOCKED');
    assert.equal(world.lease('api'), undefined);
    assert.equal(world.says('web').record?.run.id, '1');
  });

  it('keeps the record in the first alone, to which the others lead', async () => {
    const held = world.lock(['api', 'shop', 'web']);
    await held.take(of('7'));
    const before = world.fake.server.calls.length;
    await held.write(of('7', { weight: 5 }));
    assert.equal(world.says('api').record?.weight, 5);
    for (const name of ['shop', 'web']) assert.deepEqual(world.says(name), pointsTo('api', of('7')));
    const written = world.fake.server.calls.slice(before).filter(call => call.startsWith('PUT'));
    assert.equal(written[0], `PUT ${pathOf('api')}`);
    await held.release();
    const deleted = world.fake.server.calls.filter(call => call.startsWith('DELETE'));
    assert.equal(deleted.length, 3);
    assert.equal(deleted.at(-1), `DELETE ${pathOf('api')}`, 'who finds another is led to it until then');
  });

  it('renews the first alone, by which the others are seen alive as well', async () => {
    const held = world.lock(['api', 'shop', 'web'], { by: new HandClock() });
    await held.take(of('7'));
    const version = (name: string) => world.lease(name)?.metadata.resourceVersion;
    const before = ['api', 'shop', 'web'].map(version);
    for (const _ of [1, 2]) {
      const last = version('api');
      await until('a renewal', () => version('api') !== last);
    }
    const after = ['api', 'shop', 'web'].map(version);
    assert.notEqual(after[0], before[0]);
    assert.deepEqual(after.slice(1), before.slice(1));
    // By its own renewals the third would be taken for dead.
    const taking = world.lock(['web']).take(of('8'));
    assert.match(await failure(taking, 'LOCKED'), /api-canary.*Run 7/);
    assert.equal(world.says('web').pointer?.startedAt, 'at 7');
    assert.ok(!held.lost.aborted);
  });

  it('is lost where it could not renew the first, though it wrote the others', async () => {
    const hand = new HandClock();
    const held = world.lock(['api', 'web'], { by: hand });
    await held.take(of('7'));
    assert.ok(!held.lost.aborted);
    hand.pass(20 * 60_000);
    assert.ok(held.lost.aborted);
  });

  it('waits once for a dead holder, whatever the number of its Leases', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `web-${index + 10}`);
    world.die(names, of('old'));
    const began = world.clock.now();
    await world.lock(names).take(of('7'));
    assert.equal(world.told.filter(text => text.includes('is locked by')).length, 1, world.told.join('\n'));
    assert.ok(world.clock.now() - began < 15_000, String(world.clock.now() - began));
  });

  it('is left without a holder, and free at once for whoever comes next: the record is written before anything is free', async () => {
    const held = world.lock(['api', 'web']);
    await held.take(of('7'));
    const parked = of('7', { state: 'parked', weight: 25 });
    const before = world.fake.server.received.length;
    await held.leave(parked);
    const writes = world.fake.server.received.slice(before).filter(({ method }) => method === 'PUT');
    const freeing = writes.findIndex(({ text }) => JSON.parse(text).spec.holderIdentity === undefined);
    const telling = writes.findIndex(({ text }) => text.includes('parked'));
    assert.ok(telling >= 0 && telling < freeing, `${telling} before ${freeing}`);
    assert.deepEqual([world.says('api'), world.says('web')], [{ record: parked }, pointsTo('api', parked)]);
    assert.deepEqual([world.holder('api'), world.holder('web')], [undefined, undefined]);
    await held.release();
    const next = world.lock(['api', 'web'], { by: new HandClock() });
    assert.deepEqual(await next.take(of('8')), parked);
    assert.deepEqual(world.told, []);
  });

  it('leaves all as it was where what one of them says is not to be touched', async () => {
    const dead = of('old', { weight: 25 });
    const kept = of('kept', { state: 'held' });
    world.die(['api'], dead);
    world.die(['shop', 'web'], kept);
    const seen: string[] = [];
    const taking = world.lock(['api', 'new', 'shop', 'web']).take(of('7'), left => {
      seen.push(left.state);
      if (left.state === 'held') throw new CanaryError('CANARY_KEPT', 'kept');
      return by('7')(left);
    });
    await failure(taking, 'CANARY_KEPT');
    assert.deepEqual(seen, ['running', 'held']);
    assert.deepEqual(
      ['api', 'shop', 'web'].map(name => world.says(name)),
      [{ record: dead }, { record: kept }, pointsTo('shop', kept)],
    );
    assert.equal(world.holder('api'), undefined);
    assert.equal(world.lease('new'), undefined);
  });

  it('says what was left before it writes over what said so, and once all are taken says it in the first', async () => {
    const web = of('old', { weight: 25, phase: 'promoting' });
    world.die(['web'], web);
    world.die(['zoo'], of('other', { release: 'zoo' }));
    const steps: string[] = [];
    const note = () => {
      const at = ['api', 'web', 'zoo'].map(name => world.says(name).record?.phase ?? '-').join(' ');
      if (steps.at(-1) !== at) steps.push(at);
    };
    const replace = world.client.api.replace.bind(world.client.api);
    world.client.api.replace = async object => {
      const replaced = await replace(object);
      note();
      return replaced;
    };
    const left = await world.lock(['api', 'web', 'zoo']).take(of('7'), by('7'));
    assert.equal(left?.phase, 'promoting');
    // Nothing is led away from before the first knows it.
    const first = steps.findIndex(at => at.startsWith('promoting'));
    assert.ok(
      first >= 0 && steps.slice(0, first).every(at => at.includes(' promoting starting')),
      steps.join(),
    );
    const ours = world.says('api').record;
    assert.deepEqual([ours?.run.id, ours?.phase, ours?.startedAt], ['7', 'promoting', 'at old']);
    assert.deepEqual(world.says('web'), pointsTo('api', { ...web, run: record('7').run }));
  });

  it('keeps what was left in one while it waits for another, also when it renews that', async () => {
    const dead = of('old', { weight: 25 });
    world.die(['shop'], dead);
    await world.lock(['web'], { by: new HandClock() }).take(of('1'));
    const waiting = world.lock(['api', 'shop', 'web'], { lockTimeout: 3_600_000 });
    const taking = waiting.take(of('2'), by('2'));
    taking.catch(() => {});
    await until('it waits', () => world.told.some(text => text.includes(' lives: ')));
    const version = world.lease('shop')?.metadata.resourceVersion;
    await until('a renewal', () => world.lease('shop')?.metadata.resourceVersion !== version);
    assert.deepEqual(world.says('shop'), { record: dead });
    world.remove('web');
    assert.deepEqual(await taking, dead);
    assert.deepEqual(world.says('api').record?.weight, 25);
  });

  it('knows what two dead runs left, each in a part of them', async () => {
    const [a, b] = ['api', 'web'].map(name =>
      of(name, {
        release: name,
        digest: '0123456789abcdef',
        canary: [{ apiVersion: 'v1', kind: 'Service', namespace: 'shop', name }],
      }),
    ) as [ReleaseRecord, ReleaseRecord];
    world.die(['api'], a);
    world.die(['web'], { ...b, phase: 'promoting' });
    const left = await world.lock(['api', 'web']).take(of('7'));
    assert.deepEqual(
      left?.canary.map(({ name }) => name),
      ['api', 'web'],
    );
    assert.equal(left?.phase, 'promoting');
    assert.equal(left?.digest, undefined);
  });

  it('still reads Leases that each carry a copy of the record, of which the first is the latest', async () => {
    world.die(['api'], of('old', { weight: 25 }));
    world.die(['web'], of('old', { weight: 5 }));
    const left = await world.lock(['api', 'web']).take(of('7'));
    assert.equal(left?.weight, 25);
    assert.deepEqual(world.says('web'), pointsTo('api', of('7')));
  });

  describe('of which one leads to a Lease outside of them', () => {
    const dead = of('old', { weight: 25 });

    it('takes that as well, in the order of all, and knows what was left there', async () => {
      world.die(['api', 'shop', 'web'], dead);
      const held = world.lock(['shop', 'zoo']);
      assert.deepEqual(await held.take(of('7'), by('7')), dead);
      assert.deepEqual(world.says('shop').record, by('7')(dead));
      for (const name of ['api', 'zoo']) assert.deepEqual(world.says(name), pointsTo('shop', by('7')(dead)));
      // Whoever comes by the third finds the same, and whose it is.
      assert.deepEqual(await recordsIn([placeOf('web')], world.client.cluster), [by('7')(dead)]);
      await failure(world.lock(['web']).take(of('8')), 'LOCKED');
      const parts = ['api', 'shop', 'web', 'zoo'].map(name => String(world.holder(name)).split('/')[0]);
      assert.deepEqual(parts, ['7', '7', 'old', '7']);
    });

    it('gives that back as soon as what was left is dealt with and its own release begins', async () => {
      world.die(['api', 'web'], dead);
      const held = world.lock(['web']);
      await held.take(of('7'), by('7'));
      await held.write(by('7')({ ...dead, phase: 'rolling-back' }));
      assert.deepEqual(world.says('api'), pointsTo('web', by('7')(dead)));
      await held.write(of('7'));
      assert.equal(world.lease('api'), undefined);
      assert.deepEqual(world.says('web'), { record: of('7') });
    });

    it('touches nothing where it is kept on purpose', async () => {
      for (const state of ['parked', 'held'] as const) {
        const kept = of(state, { state });
        world.die(['api', 'web'], kept, {});
        const taking = world.lock(['web', 'zoo'], { by: new HandClock() }).take(of('7'), ({ state }) => {
          throw new CanaryError('CANARY_KEPT', state);
        });
        assert.match(await failure(taking, 'CANARY_KEPT'), new RegExp(state));
        assert.deepEqual([world.says('api'), world.says('web')], [{ record: kept }, pointsTo('api', kept)]);
        assert.deepEqual([world.holder('api'), world.holder('web')], [undefined, undefined]);
        assert.equal(world.lease('zoo'), undefined);
        assert.deepEqual(await recordsIn([placeOf('web')], world.client.cluster), [kept]);
      }
    });

    it('knows nothing, and alarms nobody, where that is gone, or of another release by now', async () => {
      world.die(['api', 'web'], dead);
      world.remove('api');
      assert.equal(await world.lock(['web']).take(of('7')), undefined);
      world.die(['ate'], of('third'));
      world.leadTo('ate', 'zoo', dead);
      assert.equal(await world.lock(['zoo']).take(of('8')), undefined);
      assert.equal(world.holder('ate'), 'third');
      assert.deepEqual(
        world.told.filter(text => text.includes('left')),
        [],
      );
      assert.deepEqual(await recordsIn([placeOf('zoo')], world.client.cluster), [of('8')]);
    });

    it('says that what was left is not known where nobody can read where the record is', async () => {
      world.put('web', { 'ambassador-canary/record-at': '{"namespace":"shop"}' });
      assert.equal(await world.lock(['web']).take(of('7')), undefined);
      assert.match(world.told.at(-1) ?? '', /left a record that cannot be read: what else/);
    });

    it('waits for a third run that is dealing with that release, only until that begins its own', async () => {
      world.die(['api', 'web'], dead);
      const third = world.lock(['api']);
      await third.take(of('3'), by('3'));
      await failure(world.lock(['web']).take(of('7')), 'LOCKED');
      assert.deepEqual(world.says('web'), pointsTo('api', dead));
      const taking = world.lock(['web'], { lockTimeout: 3_600_000 }).take(of('8'));
      taking.catch(() => {});
      world.told.length = 0;
      await until('it waits', () => world.told.some(text => /^Run 3 .* lives: /.test(text)));
      await third.write(of('3'));
      assert.equal(await taking, undefined);
      assert.equal(world.says('web').record?.run.id, '8');
      assert.equal(String(world.holder('api')).split('/')[0], '3');
    });

    it('goes after a record that a third run takes along while it is waited for', async () => {
      for (const first of ['api', 'zoo']) {
        world.die([first, 'web'], dead);
        const get = world.client.api.get.bind(world.client.api);
        let looks = 0;
        world.client.api.get = async ref => {
          // It has followed the pointer: from here on the record is elsewhere, with a run that lives.
          if (ref.name === `${first}-canary` && ++looks === 2) {
            world.die(['ate'], by('3')(dead));
            world.leadTo('ate', first, by('3')(dead));
          }
          return get(ref);
        };
        assert.deepEqual(await world.lock(['web']).take(of('7'), by('7')), by('3')(dead), first);
        world.client.api.get = get;
        assert.deepEqual(world.says('ate'), pointsTo('web', by('7')(dead)));
        for (const name of [first, 'web', 'ate']) world.remove(name);
      }
    });

    it('follows a record that a third run took along and died', async () => {
      world.die(['api', 'web'], dead);
      const third = by('3')(dead);
      world.die(['ate', 'api'], third);
      assert.deepEqual(await world.lock(['web']).take(of('7'), by('7')), third);
      assert.deepEqual(world.says('ate'), pointsTo('web', by('7')(dead)));
    });

    it('never follows Leases that lead round in a circle, nor one that is not ours', async () => {
      world.leadTo('api', 'web', dead);
      world.leadTo('web', 'api', dead);
      assert.equal(await world.lock(['web']).take(of('7')), undefined);
      world.leadTo('foreign', 'zoo', dead);
      world.die(['foreign'], dead);
      const foreign = world.lease('foreign');
      const { labels: _, ...metadata } = foreign?.metadata ?? { name: '' };
      world.fake.put(pathOf('foreign'), { ...foreign, metadata });
      assert.equal(await world.lock(['zoo']).take(of('8')), undefined);
      assert.equal(world.holder('foreign'), 'old');
    });

    it('is won by one of two that each hold another part of a dead release', async () => {
      // Of the two one sorts before the first Lease, to which its record is taken along.
      for (const first of ['api', 'tea']) {
        for (const name of [first, 'shop', 'web']) world.remove(name);
        world.die([first, 'shop', 'web'], dead);
        const [one, other] = ['shop', 'web'].map((name, index) =>
          world.lock([name]).take(of(String(index)), by(String(index))),
        );
        const results = await Promise.allSettled([one, other]);
        assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'], first);
        const lost = results.find(result => result.status === 'rejected');
        await failure(Promise.reject(lost?.reason), 'LOCKED');
      }
    });
  });

  it('finds the record from any of its Leases, each record once', async () => {
    world.die(['api', 'shop', 'web'], of('7'));
    const found = (names: readonly string[]) => recordsIn(names.map(placeOf), world.client.cluster);
    for (const names of [['api'], ['web'], ['shop', 'web'], ['web', 'api'], ['none', 'web']]) {
      assert.deepEqual(await found(names), [of('7')], names.join());
    }
    assert.deepEqual(await found(['none']), []);
  });
});
