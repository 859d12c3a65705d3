import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import { takeChildLock } from './child-lock.ts';

// Takes a lock, and has nothing more to do. Its lease is longer than any test waits: were the process kept alive until then, that would be
// seen.
await takeChildLock('child', { duration: Duration.minutes(10), renewEvery: Duration.seconds(10) });
