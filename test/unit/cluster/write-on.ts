import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { takeChildLock } from './child-lock.ts';

// Takes a lock, and then does nothing but write, until it may not any more.
const { cluster, transport, lock } = await takeChildLock('frozen', {
  duration: Duration.seconds(1),
  renewEvery: Duration.milliseconds(200),
});
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
