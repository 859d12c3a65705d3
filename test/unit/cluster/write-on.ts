import { LeaseLock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/lease-lock.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { SystemClock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/system-clock.ts';
import { clientOf } from './client.ts';
import { record } from './records.ts';

/** Takes a lock at the API server that the first argument names, and then does nothing but write, until it may not any more. */
const clock = new SystemClock();
const { api, cluster, transport } = await clientOf(process.argv[2] ?? '', clock);
const lock = new LeaseLock({
  api,
  clock,
  leases: [{ namespace: 'shop', name: 'web-canary' }],
  lockTimeout: Duration.zero,
  onProgress: () => {},
  cancelled: new AbortController().signal,
  timing: { duration: Duration.seconds(1), renewEvery: Duration.milliseconds(200) },
});
await lock.take(record('frozen'));
const fenced = cluster.fenced(() => lock.mustBeHeld());
try {
  for (let size = 1; ; size++) {
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web-canary' };
    await fenced.patch(ref, [{ op: 'replace', path: '/spec/replicas', value: size }]);
  }
} catch (error) {
  process.stdout.write((error as { code: string }).code);
  transport.close();
}
