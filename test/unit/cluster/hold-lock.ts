import { LeaseLock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease-lock.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { clientOf } from './client.ts';
import { FastClock } from './clocks.ts';
import { record } from './records.ts';

/** Takes a lock at the API server that the first argument names, and has nothing more to do. */
const clock = new FastClock(1);
const { api } = await clientOf(process.argv[2] ?? '', clock);
const lock = new LeaseLock({
  api,
  clock,
  leases: [{ namespace: 'shop', name: 'web-canary' }],
  lockTimeout: Duration.zero,
  onProgress: () => {},
  cancelled: new AbortController().signal,
});
await lock.take(record('child'));
