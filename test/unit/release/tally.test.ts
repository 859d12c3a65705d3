import assert from 'node:assert/strict';
import {
  describe as inWords,
  Tally,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/tally.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { failing, passing, unasked, unclear } from './doubles.ts';

const rules = { failureThreshold: 2, consecutiveErrorLimit: 3 };
const bare: Measurement = { ...failing, actsAtOnce: false };
const of = (check: string, measurement: Measurement): Measurement => ({ ...measurement, check });

/** Where a step stands after each of these rounds. */
function standings(...rounds: readonly (readonly Measurement[])[]): readonly string[] {
  const tally = new Tally(rules);
  return rounds.map(round => tally.add(round).kind);
}

describe('the tally of a step', () => {
  it('passes where there are no checks', () => {
    assert.deepEqual(standings([]), ['passing']);
  });

  it('goes by the latest answer: what was unclear may pass', () => {
    assert.deepEqual(standings([unclear], [passing], [unclear], [unasked]), [
      'open',
      'passing',
      'open',
      'open',
    ]);
  });

  it('is doubtful where the answer is no pass but may go on, which any other doubt outweighs', () => {
    const atOnce = of('a', { ...unclear, goesOn: 'at-once' });
    const afterWaiting = of('b', { ...unclear, goesOn: 'after-waiting' });
    assert.deepEqual(standings([atOnce, passing], [atOnce, of('c', unclear)], [failing, atOnce]), [
      'doubtful',
      'open',
      'failed',
    ]);
    assert.deepEqual(new Tally(rules).add([atOnce, afterWaiting]), {
      kind: 'doubtful',
      measurement: afterWaiting,
      goesOn: 'after-waiting',
    });
  });

  it('fails at once where the counts are known', () => {
    assert.deepEqual(standings([failing]), ['failed']);
  });

  it('fails for a bare value only when it was bad the given number of times', () => {
    assert.deepEqual(standings([bare], [bare]), ['open', 'failed']);
  });

  for (const between of [passing, unclear, unasked]) {
    it(`starts the row of a bare value anew after an answer of ${between.verdict}`, () => {
      assert.deepEqual(standings([bare], [between], [bare], [bare]).slice(2), ['open', 'failed']);
    });
  }

  it('takes the answers to each check for themselves', () => {
    const rounds = [
      [of('a', bare), of('b', passing)],
      [of('a', passing), of('b', bare)],
      [of('a', bare), of('b', passing)],
    ];
    assert.deepEqual(standings(...rounds), ['open', 'open', 'open']);
  });

  it('is unanswered when a check could not be asked too many times in a row', () => {
    const tally = new Tally(rules);
    tally.add([unasked]);
    tally.add([unasked]);
    assert.deepEqual(tally.add([unasked]), { kind: 'unanswered', measurement: unasked, times: 3 });
    assert.deepEqual(tally.add([unasked]), { kind: 'unanswered', measurement: unasked, times: 4 });
  });

  for (const between of [passing, unclear, bare]) {
    it(`counts unanswered questions anew after an answer of ${between.verdict}`, () => {
      assert.deepEqual(standings([unasked], [unasked], [between], [unasked], [unasked], [unasked]).slice(3), [
        'open',
        'open',
        'unanswered',
      ]);
    });
  }

  it('stands as its worst check does, wherever that comes in the round', () => {
    const round = [of('a', passing), of('b', unclear), of('c', unasked), of('d', failing)];
    const worst = (checks: readonly Measurement[]) =>
      new Tally({ failureThreshold: 1, consecutiveErrorLimit: 1 }).add(checks).kind;
    assert.equal(worst(round), 'failed');
    assert.equal(worst(round.toReversed()), 'failed');
    assert.equal(worst(round.slice(0, 3)), 'unanswered');
    assert.equal(worst(round.slice(0, 3).toReversed()), 'unanswered');
    assert.equal(worst(round.slice(0, 2).toReversed()), 'open');
  });

  it('remembers what a check said that is not asked in every round', () => {
    const seldom = of('seldom', unclear);
    assert.deepEqual(standings([passing, seldom], [passing], [passing, of('seldom', passing)], [passing]), [
      'open',
      'open',
      'passing',
      'passing',
    ]);
  });

  it("goes by a check's own number of failures in a row, where it has one", () => {
    const patient = { ...bare, failureThreshold: 3 };
    assert.deepEqual(standings([patient], [patient], [patient]), ['open', 'open', 'failed']);
    assert.deepEqual(standings([{ ...bare, failureThreshold: 1 }]), ['failed']);
  });

  for (const answer of [failing, unclear, unasked]) {
    it(`is not swayed by a dry run that says ${answer.verdict}`, () => {
      const dry = { ...answer, check: 'dry', dryRun: true };
      assert.deepEqual(standings([passing, dry], [dry], [dry], [dry]), Array(4).fill('passing'));
    });
  }

  it('waits for no answer that is late', () => {
    const tally = new Tally(rules);
    const late: Measurement = { ...unclear, check: 'slowness-vs-stable', late: true };
    assert.equal(tally.add([passing, late]).kind, 'passing');
    assert.equal(tally.add([passing, { ...late, verdict: 'fail', late: false }]).kind, 'failed');
  });

  it('names the first of several checks that stand as badly', () => {
    const standing = new Tally(rules).add([of('a', passing), of('b', failing), of('c', failing)]);
    assert.equal(standing.kind === 'failed' && standing.measurement.check, 'b');
  });
});

describe('a measurement in words', () => {
  const bareBones: Measurement = { check: 'queue', verdict: 'fail', value: '7', actsAtOnce: false };
  const rows: [measurement: Measurement, words: string][] = [
    [{ ...failing, requests: 1204 }, 'success-rate 80 % (limit ≥ 99 %, 1 204 requests)'],
    [{ ...bareBones, limit: '≤ 5' }, 'queue 7 (limit ≤ 5)'],
    [{ ...bareBones, requests: 12 }, 'queue 7 (12 requests)'],
    [bareBones, 'queue 7'],
    [unclear, 'success-rate no requests (limit ≥ 99 %)'],
    [{ ...bareBones, detail: 'stable fails as well' }, 'queue 7: stable fails as well'],
    [
      { ...failing, detail: 'stable fails as well' },
      'success-rate 80 % (limit ≥ 99 %, 1 000 requests): stable fails as well',
    ],
  ];
  for (const [measurement, words] of rows)
    it(`is: ${words}`, () => assert.equal(inWords(measurement), words));
});
