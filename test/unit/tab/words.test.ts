import assert from 'node:assert/strict';
import {
  clockTime,
  counted,
  elapsed,
  headlineOf,
  lengthOf,
  percent,
  trafficNow,
  wholeNumber,
} from '../../../tab/words.ts';
import {
  failedOutcomes,
  successfulOutcomes,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/outcome.ts';
import { endingText } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/ending-text.ts';
import { outcomeWords } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';
import { promoted, rolledBack, running } from '../../tab/reports.ts';

describe('the words of the tab', () => {
  it('knows the words by which the step begins its verdicts, and says them once', () => {
    for (const outcome of [...successfulOutcomes, ...failedOutcomes]) {
      const verdict = endingText({ outcome, reason: 'this is why' });
      assert.equal(verdict, `${outcomeWords[outcome]}: this is why`);
      assert.equal(headlineOf(promoted({ outcome, verdict }), true).reason, 'this is why');
    }
  });

  it('says at which weight a release was taken back, and at which it is', () => {
    assert.deepEqual(headlineOf(rolledBack(), true), {
      tone: 'failure',
      title: 'Rolled back at 5 %',
      reason: 'At 5 %: success-rate 91.3 % (limit ≥ 99 %)',
    });
    const { tone, title } = headlineOf(running(), false);
    assert.deepEqual([tone, title], ['running', 'Running at 25 %']);
  });

  it('never says that a release runs once its run is over, nor that its canary is without traffic', () => {
    const { tone, title } = headlineOf(running(), true);
    assert.deepEqual([tone, title], ['lost', 'Interrupted at 25 %']);
    assert.equal(trafficNow(running(), true), 'of the requests may still go to the canary');
    assert.equal(trafficNow(rolledBack({ weight: 5 }), true), 'of the requests still go to the canary');
  });

  it('says that all users have the new version only where they have', () => {
    assert.equal(trafficNow(promoted(), true), 'the new version serves all requests');
    assert.equal(trafficNow(rolledBack(), true), 'no request goes to the canary');
  });

  it('writes numbers, lengths and times as people read them', () => {
    assert.equal(wholeNumber(1204567), '1\u2009204\u2009567');
    assert.equal(percent(12.345), '12.35 %');
    const lengths = [42, 60, 432, 3_600, 3_900].map(lengthOf);
    assert.deepEqual(lengths, ['42 s', '1 min', '7 min 12 s', '1 h', '1 h 5 min']);
    assert.deepEqual([0, 150_000, 3_750_000].map(elapsed), ['00:00', '02:30', '1:02:30']);
    assert.match(clockTime('2026-11-21T03:02:07Z'), /^\d\d:\d\d:07$/);
    assert.deepEqual([counted(1, 'request'), counted(2, 'entry', 'entries')], ['1 request', '2 entries']);
  });
});
