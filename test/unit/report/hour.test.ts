import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { ReleaseEvent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import {
  emptyJournal,
  fold,
  type Journal,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/journal.ts';
import { canaryPlan, passing } from '../release/doubles.ts';

const weight = Weight.of(10);
const step = { weight, pause: Duration.minutes(60) };

/** The story of a step that is measured each second; the answers of one second are not good. */
function storyOf(checks: number, seconds: number, bad: number): Journal {
  const begin: ReleaseEvent[] = [
    { type: 'planned', plan: canaryPlan() },
    { type: 'step-started', step, index: 0, of: 1 },
    { type: 'weight-set', weight, routes: 1 },
  ];
  let journal = begin.reduce((story, event) => fold(story, { ...event, at: 0 }), emptyJournal);
  for (let second = 1; second <= seconds; second++) {
    for (let check = 0; check < checks; check++) {
      const verdict = second === bad ? 'fail' : 'pass';
      const measurement = { ...passing, check: `check-${check}`, verdict, value: `${second}` } as const;
      const elapsed = Duration.seconds(second);
      journal = fold(journal, { type: 'measured', weight, elapsed, measurement, at: second * 1_000 });
    }
  }
  return journal;
}

const pointsIn = ({ series }: Journal) => series.reduce((all, { points }) => all + points.length, 0);

describe('the story of an hour with a measurement each second', () => {
  it('keeps no more points than twice what a report shows, from the first to the last, and the bad one', () => {
    const journal = storyOf(4, 3_600, 1_234);
    assert.ok(pointsIn(journal) <= 2_004, String(pointsIn(journal)));
    for (const { points, leftOut } of journal.series) {
      assert.equal(points.length + leftOut, 3_600);
      assert.equal(points.at(-1)?.at, 3_600_000);
      const gaps = points.slice(1).map(({ at }, index) => at - Number(points[index]?.at));
      assert.ok(Math.max(...gaps, Number(points[0]?.at)) <= 60_000, 'none of its minutes is missing');
      assert.ok(points.some(({ at, measurement }) => at === 1_234_000 && measurement.verdict === 'fail'));
      assert.ok(points.every(({ at }, index) => index === 0 || at > Number(points[index - 1]?.at)));
    }
    assert.ok(pointsIn(storyOf(4, 600, 1)) > 1_000, 'a short one loses nothing that would be shown');
  });

  it('of very many checks keeps a few points of each', () => {
    const journal = storyOf(400, 60, 30);
    assert.ok(pointsIn(journal) <= 400 * 51, String(pointsIn(journal)));
  });
});
