import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { ReleaseEvent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { waitingText } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/awaited.ts';
import { emptyJournal, fold } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/journal.ts';

const began = Date.UTC(2026, 10, 21, 3);
const minutes = (count: number) => count * 60_000;
const weight = Weight.of(25);
const step = { weight, pause: Duration.minutes(10) };
const pods = (what: string): ReleaseEvent => ({ type: 'waiting', what, atMost: Duration.minutes(10) });

/** What is told five minutes after the first of these events, which come a minute apart. */
function told(...events: readonly ReleaseEvent[]): string {
  const { awaited, doing } = events.reduce(
    (journal, event, index) => fold(journal, { ...event, at: began + minutes(index) }),
    emptyJournal,
  );
  return waitingText(awaited, doing, began + minutes(5));
}

describe('what is told in a long silence', () => {
  it('is how long the step still has', () => {
    const started: ReleaseEvent = { type: 'step-started', step, index: 0, of: 1 };
    const set: ReleaseEvent = { type: 'weight-set', weight, routes: 1 };
    assert.equal(told(started, set), '  waiting  at 25 % until 03:11:00 UTC, 6m left');
    const extended: ReleaseEvent = { type: 'step-extended', weight, until: Duration.minutes(20), reason: '' };
    assert.equal(told(started, set, extended), '  waiting  at 25 % until 03:21:00 UTC, 16m left');
  });

  it('says that the time of a step is over where a gate keeps it', () => {
    const short = { ...step, pause: Duration.minutes(2) };
    const text = told(
      { type: 'step-started', step: short, index: 0, of: 1 },
      { type: 'weight-set', weight, routes: 1 },
    );
    assert.equal(text, '  waiting  at 25 %, whose time ended at 03:03:00 UTC');
  });

  it('is what a rollout lacks, with its one limit however many pods it told of', () => {
    assert.equal(
      told(pods('web: 0 of 2 pods ready'), pods('web: 1 of 2 pods ready')),
      '  waiting  web: 1 of 2 pods ready, 5m so far, until 03:10:00 UTC at the latest',
    );
  });

  it('begins anew when the pods are ready', () => {
    const ready: ReleaseEvent = { type: 'ready', what: 'web' };
    assert.match(told(pods('one'), ready, pods('two')), /^ {2}waiting {2}two, 3m so far, until 03:12:00 UTC/);
    assert.equal(told(pods('one'), ready), '  waiting  still at: Reading what is to be released');
  });

  it('names no time where there is none', () => {
    assert.equal(told({ type: 'waiting', what: 'for the lock' }), '  waiting  for the lock, 5m so far');
  });
});
