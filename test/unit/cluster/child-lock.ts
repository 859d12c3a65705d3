import type { LeaseTiming } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/held-leases.ts';
import { LeaseLock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease-lock.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { SystemClock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/system-clock.ts';
import { type Client, clientOf } from './client.ts';
import { record } from './records.ts';

/** Takes a lock at the API server that the process's first argument names: for a program that a test starts. */
export async function takeChildLock(run: string, timing: LeaseTiming): Promise<Client & { lock: LeaseLock }> {
  const clock = new SystemClock();
  const client = await clientOf(process.argv[2] ?? '', clock);
  const lock = new LeaseLock({
    api: client.api,
    clock,
    leases: [{ namespace: 'shop', name: 'web-canary' }],
    lockTimeout: Duration.zero,
    onProgress: () => {},
    cancelled: new AbortController().signal,
    timing,
  });
  await lock.take(record(run));
  return { ...client, lock };
}
