import { LeaseLock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease-lock.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { KubeObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Clock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import type { ReleaseRecord } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { type Client, clientOf } from './client.ts';
import { FastClock } from './clocks.ts';
import { FakeApi } from './fake-api.ts';

export interface LockSetup {
  readonly lockTimeout?: number;
  readonly by?: Clock;
}

/** A namespace `shop` with the Leases of several releases in it. */
export class LeaseWorld {
  readonly told: string[] = [];
  readonly #locks: LeaseLock[] = [];
  /** For who waits for the dead. */
  readonly clock = new FastClock(20);

  private constructor(
    readonly fake: FakeApi,
    readonly client: Client,
  ) {}

  static async start(): Promise<LeaseWorld> {
    const fake = await FakeApi.start();
    return new LeaseWorld(fake, await clientOf(fake.server.url, new FastClock(20)));
  }

  async stop(): Promise<void> {
    this.fake.server.faults.length = 0;
    await Promise.all(this.#locks.map(lock => lock.release().catch(() => {})));
    this.client.transport.close();
    await this.fake.server.stop();
  }

  /** On Leases of these workloads. */
  lock(names: readonly string[], { lockTimeout = 0, by = this.clock }: LockSetup = {}): LeaseLock {
    const lock = new LeaseLock({
      api: this.client.api,
      clock: by,
      leases: names.map(placeOf),
      lockTimeout: Duration.milliseconds(lockTimeout),
      onProgress: text => this.told.push(text),
      cancelled: new AbortController().signal,
      // Long: nobody who lives is taken for dead, on a busy machine either.
      timing: { duration: Duration.minutes(20), renewEvery: Duration.milliseconds(100) },
    });
    this.#locks.push(lock);
    return lock;
  }

  lease(name: string): KubeObject | undefined {
    return this.fake.object(pathOf(name));
  }

  /** What a Lease says: a record, a pointer, or nothing. */
  says(name: string): { readonly record?: ReleaseRecord; readonly pointer?: Record<string, unknown> } {
    const { annotations = {} } = this.lease(name)?.metadata ?? {};
    const { 'ambassador-canary/record': record, 'ambassador-canary/record-at': pointer } = annotations;
    return {
      ...(record !== undefined && { record: JSON.parse(record) }),
      ...(pointer !== undefined && { pointer: JSON.parse(pointer) }),
    };
  }

  holder(name: string): unknown {
    return (this.lease(name)?.spec as { holderIdentity?: unknown } | undefined)?.holderIdentity;
  }

  /** As a run leaves the Leases of its workloads that dies: the first with the record, the others lead there. */
  die(
    names: readonly string[],
    record: ReleaseRecord,
    spec: object = { holderIdentity: record.run.id },
  ): void {
    const [first = '', ...others] = names;
    this.put(first, { 'ambassador-canary/record': JSON.stringify(record) }, spec);
    for (const name of others) this.leadTo(first, name, record, spec);
  }

  leadTo(
    first: string,
    name: string,
    { release, startedAt, run }: ReleaseRecord,
    spec: object = { holderIdentity: run.id },
  ): void {
    const pointer = { ...placeOf(first), release, startedAt, run };
    this.put(name, { 'ambassador-canary/record-at': JSON.stringify(pointer) }, spec);
  }

  put(
    name: string,
    annotations: Record<string, string>,
    spec: object = { holderIdentity: 'somebody' },
  ): void {
    this.fake.put(pathOf(name), {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...placeOf(name), labels: { 'ambassador-canary/release': 'some' }, annotations },
      spec: { leaseDurationSeconds: 1, ...spec },
    });
  }

  remove(name: string): void {
    this.fake.remove(pathOf(name));
  }
}

export function placeOf(name: string): { readonly namespace: string; readonly name: string } {
  return { namespace: 'shop', name: `${name}-canary` };
}

export function pathOf(name: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/shop/leases/${name}-canary`;
}
