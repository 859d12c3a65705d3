import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { Clock } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/ports.ts';
import { within } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/within.ts';
import { VirtualClock } from './doubles.ts';

/** Sleeps until it is woken, and remembers by what. */
class SleepyClock implements Clock {
  woken = 0;

  now(): number {
    return 0;
  }

  sleep(_: Duration, signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      signal?.addEventListener('abort', () => {
        this.woken += 1;
        resolve();
      });
    });
  }
}
const time = Duration.seconds(5);

describe('waiting for an answer within a time', () => {
  it('brings the answer, and no sleep outlives it', async () => {
    const clock = new SleepyClock();
    assert.equal(await within(clock, time, Promise.resolve('answer')), 'answer');
    assert.equal(clock.woken, 1);
  });

  it('brings nothing once the time has passed', async () => {
    const clock = new VirtualClock();
    assert.equal(await within(clock, time, new Promise(() => {})), undefined);
    assert.equal(clock.now(), 5_000);
  });

  it('passes an error on, and no sleep outlives that', async () => {
    const clock = new SleepyClock();
    await assert.rejects(within(clock, time, Promise.reject(new Error('odd'))), /odd/);
    assert.equal(clock.woken, 1);
  });
});
