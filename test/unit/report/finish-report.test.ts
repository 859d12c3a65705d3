import assert from 'node:assert/strict';
import { finishReport } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/finish-report.ts';
import { begun, faultsOf, measured, over, rate, reportOf } from './reports.ts';
import { journalOf } from './story.ts';

const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web-canary' };
const aftermath = {
  now: Date.UTC(2026, 10, 21, 4),
  cancelled: false,
  reason: 'the step ended',
  weight: 0,
  journal: journalOf({ type: 'deleted', object }, { type: 'warning', text: 'careful' }),
};

describe('the report of a step that was killed', () => {
  const left = reportOf(...begun, measured(rate));
  const finished = finishReport(left, aftermath);

  it('ends as failed, with what the guard did', () => {
    assert.deepEqual(faultsOf(finished), []);
    assert.deepEqual(
      [finished.state, finished.outcome, finished.result, finished.verdict, finished.weight],
      ['ended', 'failed', 'failure', 'Failed: the step ended', 0],
    );
    assert.deepEqual(
      finished.timeline.slice(-3).map(({ kind, text }) => `${kind} ${text}`),
      ['deleted Deployment shop/web-canary', 'warning careful', 'ended the step ended'],
    );
    assert.equal(finished.steps[0]?.verdict, 'cancelled');
    assert.deepEqual(finished.checks, left.checks);
    assert.ok(finished.revision > left.revision);
  });

  it('ends as cancelled where the run was', () => {
    assert.equal(finishReport(left, { ...aftermath, cancelled: true }).outcome, 'cancelled');
  });

  it('keeps the weight where the canary could not be taken back', () => {
    const { weight: _, ...unknown } = aftermath;
    assert.equal(finishReport(left, unknown).weight, 10);
  });

  it('keeps the outcome of a release that had ended', () => {
    const ended = reportOf(...begun, ...over({ outcome: 'cancelled', reason: 'in promotion', weight: 10 }));
    const after = finishReport(ended, aftermath);
    assert.deepEqual([after.outcome, after.verdict, after.weight], ['cancelled', ended.verdict, 0]);
    assert.deepEqual(faultsOf(after), []);
  });
});
