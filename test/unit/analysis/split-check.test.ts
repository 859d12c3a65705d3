import assert from 'node:assert/strict';
import {
  answerSplit,
  judgeSplit,
  settlingOf,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/analysis/split-check.ts';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import { seededRandom } from './doubles.ts';

const weights = [1, 5, 10, 25, 50, 75, 99, 100];
/** Where there is one. */
function mustAnswer(...asked: Parameters<typeof answerSplit>): Measurement {
  const measurement = answerSplit(...asked);
  assert.ok(measurement !== undefined);
  return measurement;
}
const nobody = { canary: [], stable: [] };

function seen(canary: number, stable: number) {
  return { all: { canary, stable }, settled: { canary, stable } };
}

/** How many of so many requests go to the canary: drawn one by one, or by the normal law where there are very many. */
function draw(random: () => number, requests: number, share: number): number {
  if (requests > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const hits = Math.round(requests * share + normal * Math.sqrt(requests * share * (1 - share)));
    return Math.min(requests, Math.max(0, hits));
  }
  let hits = 0;
  for (let i = 0; i < requests; i++) if (random() < share) hits++;
  return hits;
}

describe('judgeSplit', () => {
  it('calls none of 20 000 honest releases wrong, however many requests they get and however often it looks', () => {
    const random = seededRandom(20_000);
    const wrong: string[] = [];
    for (let release = 0; release < 20_000; release++) {
      const perScrape = Math.ceil(0.5 * 4000 ** random());
      for (const percent of [5, 25, 50]) {
        let [canary, stable] = [0, 0];
        for (let look = 0; look < 5; look++) {
          const hits = draw(random, perScrape, percent / 100);
          canary += hits;
          stable += perScrape - hits;
          const verdict = judgeSplit(Weight.of(percent), seen(canary, stable));
          if (verdict !== 'as-asked' && verdict !== 'unknown')
            wrong.push(`${percent} %: ${canary}, ${stable}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  for (const percent of weights) {
    const first = (verdict: string, counts: (n: number) => [number, number]) => {
      for (let n = 1; n <= 20_000; n++) {
        if (judgeSplit(Weight.of(percent), seen(...counts(n))) === verdict) return n;
      }
      return Number.POSITIVE_INFINITY;
    };

    it(`finds a canary without any request at ${percent} % within 32 requests that it should have got`, () => {
      const needed = first('none', n => [0, n]);
      assert.ok(needed * percent <= 3200, `${needed} requests`);
    });

    if (percent <= 50) {
      it(`finds a canary that gets all instead of ${percent} % within 40 requests`, () => {
        const needed = first('too-much', n => [n, 0]);
        assert.ok(needed <= 40, `${needed} requests`);
      });
    }
  }

  it('finds weights that add up, 20 % instead of 10 %, in two thousand requests', () => {
    assert.equal(judgeSplit(Weight.of(10), seen(400, 1600)), 'too-much');
  });

  it('does not hold against a split that Emissary was still about to take it up', () => {
    const counts = { all: { canary: 100, stable: 20_000 }, settled: { canary: 100, stable: 900 } };
    assert.equal(judgeSplit(Weight.of(10), counts), 'as-asked');
    const early = { all: { canary: 0, stable: 20_000 }, settled: { canary: 0, stable: 0 } };
    assert.equal(judgeSplit(Weight.of(10), early), 'unknown');
  });

  it('calls less than half of what was asked too little, and not nothing', () => {
    assert.equal(judgeSplit(Weight.of(10), seen(100, 9900)), 'too-little');
    assert.equal(judgeSplit(Weight.of(10), seen(800, 9200)), 'as-asked');
    assert.equal(judgeSplit(Weight.all, seen(100, 9900)), 'too-little');
    assert.equal(judgeSplit(Weight.all, seen(9900, 100)), 'as-asked');
  });
});

describe('the answer of check split', () => {
  const ten = Weight.of(10);

  it('tells the share since Emissary took the weight up, once there are requests of that time', () => {
    const counts = { all: { canary: 100, stable: 20_000 }, settled: { canary: 100, stable: 900 } };
    assert.equal(mustAnswer(ten, counts, nobody).brief, '10.0 %');
  });

  it('is the share asked and the share seen', () => {
    assert.deepEqual(mustAnswer(ten, seen(103, 897), nobody), {
      check: 'split',
      verdict: 'pass',
      value: '10 % asked, 10.3 % seen',
      brief: '10.3 %',
      reading: { unit: '%', value: 10.3 },
      actsAtOnce: true,
    });
  });

  it('ends a release whose canary gets nothing or all, with the likely cause', () => {
    const nothing = mustAnswer(ten, seen(0, 1000), nobody);
    assert.deepEqual(
      [nothing.verdict, nothing.actsAtOnce, nothing.value],
      ['fail', true, '10 % asked, 0 % seen'],
    );
    assert.match(nothing.detail ?? '', /its Mapping is not in stable's group/);
    const all = mustAnswer(ten, seen(1000, 0), nobody);
    assert.deepEqual([all.verdict, all.value], ['fail', '10 % asked, 100 % seen']);
    assert.match(all.detail ?? '', /^nothing reaches stable: Emissary dropped its Mapping/);
    assert.match(mustAnswer(ten, seen(500, 500), nobody).detail ?? '', /^another Mapping leads/);
  });

  it('lets a release with too little go on, with a warning', () => {
    const { verdict, goesOn } = mustAnswer(ten, seen(100, 9900), nobody);
    assert.deepEqual([verdict, goesOn], ['inconclusive', 'at-once']);
  });

  it('says that it cannot verify where another Mapping is counted as well, and ends nothing for it', () => {
    const also = { canary: ['Mapping shop/testers'], stable: [] };
    const { verdict, goesOn, detail } = mustAnswer(ten, seen(1000, 0), also);
    assert.deepEqual(
      [verdict, goesOn, detail],
      ['inconclusive', 'at-once', 'cannot verify: Mapping shop/testers counted as well'],
    );
    assert.equal(mustAnswer(ten, seen(0, 1000), also).verdict, 'fail');
    assert.equal(mustAnswer(ten, seen(100, 900), also).verdict, 'pass');
  });

  it('is left to the other checks as long as the canary has no request, by chance maybe', () => {
    assert.equal(answerSplit(ten, seen(0, 0), nobody), undefined);
    assert.equal(answerSplit(ten, seen(0, 40), nobody), undefined);
  });
});

describe('the time to settle', () => {
  const step = (seconds: number) => ({ weight: Weight.of(10), pause: Duration.seconds(seconds) });

  it('is a fifth of the shortest step, between 5 s and a minute', () => {
    assert.equal(settlingOf([step(600), step(60)]).seconds, 12);
    assert.equal(settlingOf([step(600)]).seconds, 60);
    assert.equal(settlingOf([step(9)]).seconds, 5);
  });
});
