import { LeaseLock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease-lock.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { SystemClock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/system-clock.ts';
import { clientOf } from './client.ts';
import { record } from './records.ts';

/** Takes a lock at the API server that the first argument names, and has nothing more to do. */
const clock = new SystemClock();
const { api } = await clientOf(process.argv[2] ?? '', clock);
const lock = new LeaseLock({
  api,
  clock,
  leases: [{ namespace: 'shop', name: 'web-canary' }],
  lockTimeout: Duration.zero,
  onProgress: () => {},
  cancelled: new AbortController().signal,
  // Longer than any test waits: were the process kept alive until then, that would be seen.
  timing: { duration: Duration.minutes(10), renewEvery: Duration.seconds(10) },
});
await lock.take(record('child'));
