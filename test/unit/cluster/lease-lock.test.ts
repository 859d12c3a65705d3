import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as pass } from 'node:timers/promises';
import { until } from '../../../rig/until.ts';
import { LeaseLock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease-lock.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import {
  type KubeObject,
  valueAt,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Clock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import { SystemClock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/system-clock.ts';
import { type Client, clientOf, failure } from './client.ts';
import { FastClock, HandClock } from './clocks.ts';
import { FakeApi } from './fake-api.ts';
import { record } from './records.ts';
import { faults } from './test-server.ts';

const leasePath = (name: string) => `/apis/coordination.k8s.io/v1/namespaces/shop/leases/${name}`;
const path = leasePath('web-canary');
const annotation = 'ambassador-canary/record';
const label = 'ambassador-canary/release';

describe('LeaseLock', () => {
  let fake: FakeApi;
  let client: Client;
  /** Renewals go by the machine's time. */
  const clock = new SystemClock();
  /** For who waits for the dead. */
  const fast = new FastClock(20);
  let told: string[];
  let locks: LeaseLock[];

  beforeEach(async () => {
    fake = await FakeApi.start();
    client = await clientOf(fake.server.url, clock);
    told = [];
    locks = [];
  });
  afterEach(async () => {
    fake.server.faults.length = 0;
    await Promise.all(locks.map(lock => lock.release().catch(() => {})));
    client.transport.close();
    await fake.server.stop();
  });

  interface Setup {
    readonly names?: readonly string[];
    readonly lockTimeout?: number;
    readonly cancelled?: AbortSignal;
    readonly duration?: number;
    readonly by?: Clock;
  }

  function lock({
    names = ['web-canary'],
    lockTimeout = 0,
    cancelled,
    // Long: nobody who lives is taken for dead, on a busy machine either.
    duration = 60_000,
    by = clock,
  }: Setup = {}): LeaseLock {
    const made = new LeaseLock({
      api: client.api,
      clock: by,
      leases: names.map(name => ({ namespace: 'shop', name })),
      lockTimeout: Duration.milliseconds(lockTimeout),
      onProgress: text => told.push(text),
      cancelled: cancelled ?? new AbortController().signal,
      timing: { duration: Duration.milliseconds(duration), renewEvery: Duration.milliseconds(100) },
    });
    locks.push(made);
    return made;
  }

  const specOf = (name = 'web-canary') => fake.object(leasePath(name))?.spec as Record<string, unknown>;
  const recordOf = (name = 'web-canary') =>
    JSON.parse(fake.object(leasePath(name))?.metadata.annotations?.[annotation] ?? 'null');

  /** Resolves to the taking of a lock whose holder was seen to live. */
  async function wait(by: LeaseLock): Promise<{ readonly taking: Promise<unknown> }> {
    const taking = by.take(record('2'));
    taking.catch(() => {});
    await until('it waits', () => told.some(text => text.includes(' lives: ')), { everyMs: 5 });
    return { taking };
  }

  /** A Lease as a holder left it that is not heard of any more. */
  function leave(
    name: string,
    annotations: Record<string, string>,
    labels: Record<string, string> = { [label]: 'web' },
  ): KubeObject {
    return fake.put(leasePath(name), {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'shop', labels, annotations },
      spec: { holderIdentity: 'somebody', leaseDurationSeconds: 1, leaseTransitions: 4 },
    });
  }

  it('makes a Lease that says whose it is, and for what', async () => {
    assert.equal(await lock().take(record('7')), undefined);
    const lease = fake.object(path);
    assert.equal(lease?.metadata.labels?.[label], 'web-api');
    assert.deepEqual(recordOf(), record('7'));
    const { holderIdentity, leaseDurationSeconds, renewTime, acquireTime, leaseTransitions } = specOf();
    assert.match(String(holderIdentity), /^7\/[0-9a-f-]{36}$/);
    assert.equal(leaseDurationSeconds, 60);
    assert.equal(leaseTransitions, 0);
    assert.match(String(renewTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.equal(acquireTime, renewTime);
    assert.equal(client.transport.requests, 2);
  });

  it('reads back a record that is packed because it is long', async () => {
    const held = lock();
    const ref = { apiVersion: 'v1', kind: 'Service', namespace: 'shop' };
    const canary = Array.from({ length: 1_000 }, (_, index) => ({ ...ref, name: `web-${index}-canary` }));
    const long = record('7', { state: 'parked', canary });
    await held.take(long);
    assert.match(fake.object(path)?.metadata.annotations?.[annotation] ?? '', /^gzip\+base64,/);
    await held.leave(long);
    assert.deepEqual(await lock().take(record('8')), long);
  });

  it('keeps renewing in the background, with the latest record', async () => {
    const held = lock();
    await held.take(record('7'));
    const first = specOf().renewTime;
    await until('a renewal', () => specOf().renewTime !== first);
    const versions = fake.object(path)?.metadata.resourceVersion;
    await held.write(record('7', { phase: 'promoting', weight: 50 }));
    assert.equal(recordOf().phase, 'promoting');
    const written = fake.object(path)?.metadata.resourceVersion;
    assert.notEqual(written, versions);
    await until('a renewal', () => fake.object(path)?.metadata.resourceVersion !== written);
    assert.equal(recordOf().weight, 50);
    assert.ok(!held.lost.aborted);
  });

  it('is written though hundreds of other requests wait for their turn', async () => {
    const held = lock();
    await held.take(record('7'));
    const { send } = client.transport;
    const urgent: unknown[] = [];
    client.transport.send = request => {
      if (request.verb === 'update') urgent.push(request.urgent);
      return send.call(client.transport, request);
    };
    await held.write(record('7', { weight: 5 }));
    assert.deepEqual(new Set(urgent), new Set([true]));
  });

  it('has the next renewal say what need not be written at once', async () => {
    const held = lock();
    await held.take(record('7'));
    const before = fake.server.calls.length;
    held.writeLater(record('7', { phase: 'stepping', weight: 50 }));
    assert.equal(fake.server.calls.length, before);
    await until('a renewal', () => recordOf().weight === 50);
  });

  it('is deleted at the end, once, and may be released again', async () => {
    const held = lock();
    await held.release();
    await held.take(record('7'));
    await Promise.all([held.release(), held.release()]);
    await held.release();
    assert.equal(fake.object(path), undefined);
    assert.equal(fake.server.calls.filter(call => call.startsWith('DELETE')).length, 1);
    const { preconditions } = JSON.parse(
      fake.server.received.findLast(({ method }) => method === 'DELETE')?.text ?? '',
    );
    assert.deepEqual(Object.keys(preconditions), ['uid', 'resourceVersion']);
    await pass(250);
    assert.equal(fake.object(path), undefined);
  });

  it('can be released again after a release that failed', async () => {
    const held = lock();
    await held.take(record('7'));
    fake.server.faults.push(...Array.from({ length: 5 }, () => faults.text(400, 'no')));
    await assert.rejects(held.release());
    fake.server.faults.length = 0;
    await held.release();
    assert.equal(fake.object(path), undefined);
  });

  it('leaves a Lease alone that is not ours', async () => {
    const foreign = leave('web-canary', {}, { app: 'leader-election' });
    const text = await failure(lock().take(record('7')), 'FOREIGN_OBJECT');
    assert.match(text, /Lease shop\/web-canary is not ours/);
    assert.deepEqual(fake.object(path), foreign);
  });

  it('is won by exactly one of two, and the other names the winner as soon as it is seen alive', async () => {
    const results = await Promise.allSettled([lock().take(record('1')), lock().take(record('2'))]);
    const won = results.findIndex(({ status }) => status === 'fulfilled') + 1;
    const lost = results.find(result => result.status === 'rejected');
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    const text = await failure(Promise.reject(lost?.reason), 'LOCKED');
    assert.match(text, new RegExp(`Run ${won} \\(https://ci\\.example/${won}\\)`));
    assert.equal(recordOf().run.id, String(won));
    await fake.noWatchLeft();
  });

  it('is taken over from a holder that was not heard of for its whole duration', async () => {
    const left = record('old', { phase: 'stepping', weight: 25 });
    leave('web-canary', { [annotation]: JSON.stringify(left), other: 'kept' });
    const began = fast.now();
    assert.deepEqual(await lock({ by: fast }).take(record('7')), left);
    const took = fast.now() - began;
    assert.ok(took >= 990 && took < 4_000, String(took));
    assert.equal(recordOf().run.id, '7');
    assert.equal(specOf().leaseTransitions, 5);
    assert.equal(fake.object(path)?.metadata.annotations?.other, 'kept');
    assert.deepEqual(told, [
      'web-canary is locked by Run old (https://ci.example/old): looking for up to 1s whether that run still lives',
      'Run old (https://ci.example/old) was not heard of for 1s: taking over web-canary',
    ]);
  });

  it('is taken at once where nobody holds it', async () => {
    const lease = leave('web-canary', {});
    fake.put(path, { ...lease, spec: {} });
    await lock().take(record('7'));
    assert.equal(recordOf().run.id, '7');
  });

  it('is taken at once from a process of the same attempt', async () => {
    const left = record('7', { weight: 10 });
    leave('web-canary', { [annotation]: JSON.stringify(left) });
    assert.deepEqual(await lock({ by: new HandClock() }).take(record('7')), left);
    assert.deepEqual(told, []);
  });

  it('says in words that what a dead holder left cannot be known', async () => {
    leave('web-canary', { [annotation]: '{"version":1,"run":' });
    assert.equal(await lock({ by: fast }).take(record('7')), undefined);
    assert.match(
      told.at(-1) ?? '',
      /left a record that cannot be read: what else it left behind is not known/,
    );
    leave('api-canary', {});
    await lock({ by: fast, names: ['api-canary'] }).take(record('8'));
    assert.match(told.at(-1) ?? '', /left no record/);
    assert.match(told.at(-2) ?? '', /^somebody was not heard of/);
  });

  it('waits for a living holder to end', async () => {
    const first = lock();
    await first.take(record('1'));
    const { taking } = await wait(lock({ lockTimeout: 5_000, by: new HandClock() }));
    await first.release();
    await taking;
    assert.equal(recordOf().run.id, '2');
    assert.match(told.at(-1) ?? '', /^Run 1 .* lives: waiting for up to 5s for it to end$/);
  });

  it('waits for a living holder no longer than the time limit', async () => {
    await lock().take(record('1'));
    const hand = new HandClock();
    const { taking } = await wait(lock({ lockTimeout: 500, by: hand }));
    hand.pass(499);
    const renewed = specOf().renewTime;
    await until('a renewal', () => specOf().renewTime !== renewed);
    const early = await Promise.race([taking.catch(() => 'ended'), pass(20, 'waits')]);
    assert.equal(early, 'waits');
    hand.pass(1);
    await failure(taking, 'LOCKED');
    assert.equal(recordOf().run.id, '1');
  });

  it('takes over from a holder that dies while it is waited for', async () => {
    const lease = leave('web-canary', { [annotation]: JSON.stringify(record('1')) });
    const hand = new HandClock();
    const taking = lock({ by: hand, lockTimeout: 60_000 }).take(record('2'));
    await fake.watched();
    hand.pass(900);
    fake.put(path, lease);
    await until('it is seen alive', () => told.length === 2, { everyMs: 5 });
    hand.pass(999);
    await pass(20);
    assert.equal(told.length, 2, 'from the renewal on it is given its whole duration');
    hand.pass(1);
    assert.equal((await taking)?.run.id, '1');
    assert.deepEqual(
      told.map(text => /looking|lives|taking over/.exec(text)?.[0]),
      ['looking', 'lives', 'taking over'],
    );
  });

  it('ends waiting at once when cancelled', async () => {
    await lock().take(record('1'));
    const cancel = new AbortController();
    const { taking } = await wait(
      lock({ lockTimeout: 60_000, cancelled: cancel.signal, by: new HandClock() }),
    );
    cancel.abort();
    await failure(taking, 'CANCELLED');
  });

  it('knows its own Lease when the answer to making, taking or renewing it was lost', async () => {
    const held = lock();
    fake.server.answerNextAsUsual();
    fake.server.loseNextAnswer();
    await held.take(record('7'));
    assert.equal(recordOf().run.id, '7');
    fake.server.loseNextAnswer();
    await held.write(record('7', { weight: 5 }));
    assert.equal(recordOf().weight, 5);
    assert.ok(!held.lost.aborted);
    await held.write(record('7', { weight: 10 }));
    assert.equal(recordOf().weight, 10);
  });

  it('survives that somebody touches the Lease', async () => {
    const held = lock();
    await held.take(record('7'));
    const lease = fake.object(path) as KubeObject;
    fake.put(path, {
      ...lease,
      metadata: { ...lease.metadata, labels: { ...lease.metadata.labels, seen: 'yes' } },
    });
    await held.write(record('7', { weight: 5 }));
    assert.equal(recordOf().weight, 5);
    assert.equal(fake.object(path)?.metadata.labels?.seen, 'yes');
    assert.ok(!held.lost.aborted);
  });

  describe('is lost', () => {
    it('when another holds it: the next renewal finds that, nothing is written any more, nothing is deleted', async () => {
      const held = lock();
      await held.take(record('7'));
      const lease = fake.object(path) as KubeObject;
      const annotations = { [annotation]: JSON.stringify(record('8')) };
      const others = fake.put(path, {
        ...lease,
        metadata: { ...lease.metadata, annotations },
        spec: { ...(lease.spec as object), holderIdentity: 'other' },
      });
      await once(held.lost, 'abort');
      assert.match(
        await failure(Promise.reject(held.lost.reason), 'LOCK_LOST'),
        /Run 8 .* has taken it over/,
      );
      await failure(held.write(record('7')), 'LOCK_LOST');
      await held.release();
      await pass(150);
      assert.deepEqual(fake.object(path), others);
    });

    it('when somebody deleted it, and it is not made again', async () => {
      const held = lock();
      await held.take(record('7'));
      fake.remove(path);
      await failure(held.write(record('7', { weight: 5 })), 'LOCK_LOST');
      assert.match(await failure(Promise.reject(held.lost.reason), 'LOCK_LOST'), /somebody deleted it/);
      await pass(150);
      assert.equal(fake.object(path), undefined);
    });

    it('when it could not be renewed for its duration, before anybody can take it over', async () => {
      const held = lock({ duration: 1_000 });
      await held.take(record('7'));
      fake.server.faults.push(...Array.from({ length: 50 }, () => faults.hang));
      const began = performance.now();
      await once(held.lost, 'abort');
      // Long before a request is given up, which takes 30 s.
      assert.ok(performance.now() - began < 10_000);
      assert.match(
        await failure(Promise.reject(held.lost.reason), 'LOCK_LOST'),
        /could not be renewed for 1s/,
      );
      fake.server.dropConnections();
    });
  });

  it('ends all writing of a process that was frozen until it lost the lock, but for the request that it was about to send', async () => {
    const workload = '/apis/apps/v1/namespaces/shop/deployments/web-canary';
    const metadata = { name: 'web-canary', namespace: 'shop' };
    fake.put(workload, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 0 } });
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', new URL('write-on.ts', import.meta.url).pathname, fake.server.url],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const said = text(child.stdout);
      const size = () => Number(valueAt(fake.object(workload), 'spec', 'replicas'));
      await until('it writes', () => size() > 20, { everyMs: 5 });
      child.kill('SIGSTOP');
      await lock().take(record('8'));
      // What it had sent before it froze has long arrived.
      const before = size();
      child.kill('SIGCONT');
      assert.equal(await said, 'LOCK_LOST');
      assert.ok(size() - before <= 1, `${size() - before} writes`);
      assert.equal(recordOf().run.id, '8');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('keeps no process alive', async () => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', new URL('hold-lock.ts', import.meta.url).pathname, fake.server.url],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    assert.equal(recordOf().run.id, 'child');
  });
});
