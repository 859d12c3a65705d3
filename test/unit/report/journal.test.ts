import assert from 'node:assert/strict';
import { Duration } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/duration.ts';
import type { ReleaseEvent } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/events.ts';
import type { Measurement } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/verdict.ts';
import { Weight } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/weight.ts';
import {
  countedRequests,
  emptyJournal,
  fold,
  usersTouched,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/journal.ts';
import { canaryPlan, failing, passing } from '../release/doubles.ts';
import { journalOf, logOf } from './story.ts';

const step = { weight: Weight.of(10), pause: Duration.minutes(5) };
const elapsed = Duration.seconds(30);
const { requests: _, failed: __, ...uncounted } = passing;
const unanswered: Measurement = { ...uncounted, verdict: 'error', value: 'no answer' };

const started = (index = 0): ReleaseEvent => ({ type: 'step-started', step, index, of: 2 });
const measured = (measurement: Measurement): ReleaseEvent => ({
  type: 'measured',
  weight: step.weight,
  elapsed,
  measurement,
});
const counting = (requests: number, failed: number, check = 'success-rate') =>
  measured({ ...passing, check, requests, failed });
const ended: ReleaseEvent = {
  type: 'ended',
  ending: { outcome: 'rolled-back', reason: 'why', weight: 0, leftovers: [] },
};

describe('the journal', () => {
  it('keeps the last answer to each check of each step, in the order in which they were asked', () => {
    const { steps } = journalOf(
      started(0),
      measured(passing),
      measured({ ...passing, check: 'latency' }),
      measured(failing),
      started(1),
      measured(unanswered),
    );
    assert.deepEqual(
      steps.map(({ index, latest }) => [index, ...latest.map(({ check, verdict }) => `${check} ${verdict}`)]),
      [
        [0, 'success-rate fail', 'latency pass'],
        [1, 'success-rate error'],
      ],
    );
  });

  it('knows how long a step lasted and how it ended once it has', () => {
    const before = journalOf(started());
    assert.deepEqual(before.steps[0], {
      index: 0,
      step,
      startedAt: 0,
      verdict: 'running',
      latest: [],
      counted: [],
    });
    const after = journalOf(started(), {
      type: 'step-ended',
      index: 0,
      step,
      lasted: elapsed,
      verdict: 'cancelled',
      reason: '',
    });
    assert.deepEqual([after.steps[0]?.verdict, after.steps[0]?.lasted], ['cancelled', elapsed]);
  });

  it('has the last plan, where a release had to plan again', () => {
    const [first, second] = [canaryPlan({ name: 'first' }), canaryPlan({ name: 'second' })];
    assert.equal(journalOf({ type: 'planned', plan: first }, { type: 'planned', plan: second }).plan, second);
  });

  it('is not changed by what it is folded with: the one before stays as it was', () => {
    const before = Object.freeze(journalOf(started()));
    const copy = structuredClone({ ...before, steps: before.steps.length });
    fold(before, { ...measured(passing), at: 0 });
    fold(before, { ...ended, at: 0 });
    assert.deepEqual({ ...before, steps: before.steps.length }, copy);
    assert.deepEqual(before.steps[0]?.latest, []);
  });

  it('has no step for a measurement that belongs to none', () => {
    assert.deepEqual(journalOf(measured(passing)).steps, emptyJournal.steps);
  });
});

describe('the requests of a step', () => {
  const counted = (...events: readonly ReleaseEvent[]) => {
    const [entry] = journalOf(started(), ...events).steps;
    return entry && countedRequests(entry);
  };

  it('are those of its last measurement', () => {
    assert.deepEqual(counted(counting(10, 0), counting(500, 3)), { requests: 500, failed: 3 });
  });

  it('are still those of the last that had any where Prometheus then gave no answer', () => {
    assert.deepEqual(counted(counting(500, 3), measured(unanswered)), { requests: 500, failed: 3 });
  });

  it('are not known where none was ever counted, rather than 0', () => {
    assert.equal(counted(), undefined);
    assert.equal(counted(measured(unanswered)), undefined);
  });

  it('are 0 where it was counted that there were none', () => {
    assert.deepEqual(counted(counting(0, 0)), { requests: 0, failed: 0 });
  });

  it('are summed over the workloads, and not counted again for each check', () => {
    const both = [
      counting(500, 3, 'success-rate of web'),
      counting(200, 1, 'success-rate of api'),
      counting(500, 40, 'latency of web'),
    ];
    assert.deepEqual(counted(...both), { requests: 700, failed: 4 });
  });

  it('are not known where only the latency is checked: a slow one is no failed one', () => {
    assert.equal(counted(counting(500, 40, 'latency')), undefined);
  });
});

describe('the users touched', () => {
  it('are the requests of all steps, as far as the checks counted them', () => {
    const journal = journalOf(
      started(0),
      counting(500, 3),
      started(1),
      counting(700, 4),
      measured(unanswered),
    );
    assert.deepEqual(usersTouched(journal), { requests: 1200, failed: 7, atLeast: true });
  });

  it('are what was counted at the end, where that could be asked', () => {
    const total = { requests: 1300, failed: 9 };
    const journal = journalOf(started(0), counting(500, 3), { type: 'counted', count: total });
    assert.deepEqual(usersTouched(journal), total);
  });

  it('stand with their counts in the table and below it, also after an answer that never came', () => {
    const log = logOf(started(), counting(1204, 3), measured(unanswered), ended);
    assert.match(log, /\n {2}1 {7}10 % +1 204 +3 {2}no answer ≥ 99 %/);
    assert.match(log, /\n {2}Users touched: at least 1 204 requests, 3 failed/);
  });

  it('are not told where there were none, and said to be unknown where nobody counted them', () => {
    assert.doesNotMatch(logOf(started(), measured(unanswered), ended), /Users touched/);
    const set: ReleaseEvent = { type: 'weight-set', weight: step.weight, routes: 1 };
    assert.match(
      logOf(started(), set, measured(unanswered), ended),
      /Users touched: how many is not known, for nobody counted/,
    );
  });
});
