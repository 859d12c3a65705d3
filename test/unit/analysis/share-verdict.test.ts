import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  judgeShare,
  logEvidence,
  type ShareVerdict,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/share-verdict.ts';
import { seededRandom } from './doubles.ts';

const falseAlarms = 0.005;
const independent = { minimumRequests: 50, dispersion: 1, falseAlarms };

function word(judged: ShareVerdict): string {
  return judged.verdict === 'inconclusive' ? judged.reason : judged.verdict;
}

describe('judgeShare', () => {
  const rows: [bad: number, total: number, allowedShare: number, answer: string][] = [
    [0, 0, 0.01, 'no-requests'],
    [0, 49, 0.01, 'too-few-requests'],
    [0, 50, 0.01, 'pass'],
    [1, 49, 0.01, 'too-few-requests'],
    [1, 50, 0.01, 'not-sure'],
    [2, 50, 0.01, 'not-sure'],
    [1, 100, 0.01, 'pass'],
    [10, 1000, 0.01, 'pass'],
    [11, 1000, 0.01, 'not-sure'],
    [50, 1000, 0.01, 'fail'],
    [50, 50, 0.01, 'fail'],
    [1, 1, 0.01, 'too-few-requests'],
    [3, 3, 0.01, 'fail'],
    [5, 10, 0.01, 'fail'],
    [1, 1000, (100 - 99.9) / 100, 'pass'],
    [50, 1000, 1 - 0.95, 'pass'],
    [1, 1000, 1 - 0.999, 'pass'],
    [0, 1000, 0, 'pass'],
    [1, 1, 0, 'fail'],
    [1, 1_000_000, 0, 'fail'],
    [0, 0, 0, 'no-requests'],
    [1000, 1000, 1, 'pass'],
    [10_300, 1_000_000, 0.01, 'not-sure'],
    [13_000, 1_000_000, 0.01, 'fail'],
  ];
  for (const [bad, total, allowedShare, answer] of rows) {
    it(`answers ${answer} to ${bad} of ${total} where ${allowedShare} are allowed`, () => {
      assert.equal(word(judgeShare({ bad, total, allowedShare, ...independent })), answer);
    });
  }

  const counts = fc.nat(5000).chain(total => fc.record({ total: fc.constant(total), bad: fc.nat(total) }));
  const shares = fc.double({ min: 0.0001, max: 0.5, noNaN: true });

  it('never fails what is on the right side of the limit', () => {
    fc.assert(
      fc.property(counts, shares, ({ bad, total }, allowedShare) => {
        fc.pre(bad <= total * allowedShare);
        assert.notEqual(judgeShare({ bad, total, allowedShare, ...independent }).verdict, 'fail');
      }),
    );
  });

  it('never passes what is on the wrong side of the limit', () => {
    fc.assert(
      fc.property(counts, shares, ({ bad, total }, allowedShare) => {
        fc.pre(bad > total * allowedShare * 1.000001);
        assert.notEqual(judgeShare({ bad, total, allowedShare, ...independent }).verdict, 'pass');
      }),
    );
  });

  it('gets surer with every bad request, and less sure with every good one', () => {
    fc.assert(
      fc.property(counts, shares, ({ bad, total }, allowedShare) => {
        const now = logEvidence({ bad, total }, allowedShare, 1);
        assert.ok(logEvidence({ bad: bad + 1, total: total + 1 }, allowedShare, 1) > now);
        assert.ok(logEvidence({ bad, total: total + 1 }, allowedShare, 1) < now);
      }),
    );
  });

  it('takes ten bad requests that come at a time for one', () => {
    const burst = { ...independent, allowedShare: 0.01, bad: 10, total: 150 };
    assert.equal(word(judgeShare(burst)), 'fail');
    assert.equal(word(judgeShare({ ...burst, dispersion: 10 })), 'not-sure');
    assert.equal(word(judgeShare({ ...burst, dispersion: 10, bad: 150 })), 'fail');
  });

  it('has evidence whose mean stays 1 at the limit, which is what makes it valid', () => {
    const [p, n] = [0.02, 40];
    let chance = (1 - p) ** n;
    let mean = 0;
    for (let bad = 0; bad <= n; bad++) {
      mean += chance * Math.exp(logEvidence({ bad, total: n }, p, 1));
      chance *= ((n - bad) / (bad + 1)) * (p / (1 - p));
    }
    assert.ok(Math.abs(mean - 1) < 1e-9, `mean ${mean}`);
  });

  /** Looks after each of the first 100 requests, and after each 40 from there on: 200 looks. */
  function isEverFailed(share: number, random: () => number, fails: (bad: number, total: number) => boolean) {
    // How many good requests come before the next bad one: the same as a draw for each of them, with far fewer draws.
    const goodOnes = () => Math.floor(Math.log(1 - random()) / Math.log(1 - share));
    let [bad, total, nextBad] = [0, 0, goodOnes()];
    for (let look = 0; look < 200; look++) {
      total += look < 100 ? 1 : 40;
      const before = bad;
      for (; nextBad < total; nextBad += 1 + goodOnes()) bad++;
      // Good requests alone never make it fail.
      if (bad > before && fails(bad, total)) return true;
    }
    return false;
  }

  /** The runs of a simulation ask the same again and again. */
  function judgeOf(allowedShare: number): (bad: number, total: number) => boolean {
    const known = new Map<number, boolean>();
    return (bad, total) => {
      const key = total * 10_000 + bad;
      const fails =
        known.get(key) ?? judgeShare({ bad, total, allowedShare, ...independent }).verdict === 'fail';
      known.set(key, fails);
      return fails;
    };
  }

  for (const allowedShare of [0.001, 0.01, 0.05, 0.2]) {
    it(`calls fewer than 0.5 % of canaries bad that fail ${allowedShare} of their requests, right at the limit, in 200 looks`, () => {
      const random = seededRandom(1);
      const fails = judgeOf(allowedShare);
      const runs = 20_000;
      let alarms = 0;
      for (let run = 0; run < runs; run++) if (isEverFailed(allowedShare, random, fails)) alarms++;
      assert.ok(alarms < falseAlarms * runs, `${alarms} false alarms in ${runs} runs`);
    });
  }

  it('finds nearly all canaries that fail five times as often as they may', () => {
    const random = seededRandom(2);
    let found = 0;
    for (let run = 0; run < 500; run++) if (isEverFailed(0.05, random, judgeOf(0.01))) found++;
    assert.ok(found > 495, `${found} of 500`);
  });
}).timeout(60_000);
