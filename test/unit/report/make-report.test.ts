import assert from 'node:assert/strict';
import { CanaryError } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/errors.ts';
import {
  failedOutcomes,
  successfulOutcomes,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/outcome.ts';
import { cleanReport } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/clean-report.ts';
import { canaryPlan, failing, passing, spec } from '../release/doubles.ts';
import { begun, faultsOf, measured, over, rate, reportOf, split } from './reports.ts';

describe('the report of a release', () => {
  it('is as docs/report.schema.json says, from its first event to its last', () => {
    const events = [...begun, measured(split), measured(rate), ...over({ leftovers: ['a twin'] })];
    for (let count = 0; count <= events.length; count++) {
      assert.deepEqual(faultsOf(reportOf(...events.slice(0, count))), [], `after ${count} events`);
    }
  });

  for (const outcome of [...successfulOutcomes, ...failedOutcomes]) {
    it(`is as the schema says of a release that ended as ${outcome}`, () => {
      const report = reportOf(...begun, ...over({ outcome, failedStep: '10 %', failedCheck: 'pods' }));
      assert.deepEqual(faultsOf(report), []);
      assert.equal(report.outcome, outcome);
    });
  }

  it('is found wrong by the schema where it is', () => {
    const report = reportOf(...begun, measured(rate));
    const wrong = { ...report, verdict: 7, more: 1, checks: [{ ...report.checks[0], unit: 's' }] };
    const { id: _, ...without } = wrong;
    const places = faultsOf(without as never).map(fault => fault.split(': ')[0]);
    assert.deepEqual(places, ['$', '$', '$.verdict', '$.checks[0].unit']);
  });

  it('tells each step: what was asked and seen, how long, how many requests, and what is still ahead', () => {
    const { steps } = reportOf(...begun, measured(split), measured(rate), ...over());
    const [{ answers, startedAt: _, ...first } = assert.fail(), ...ahead] = steps;
    assert.deepEqual(first, {
      index: 0,
      weightAsked: 10,
      weightSeen: 9.8,
      plannedSeconds: 300,
      lastedSeconds: 300,
      verdict: 'pass',
      requests: 1000,
      failed: 1,
    });
    assert.deepEqual(
      answers.map(({ check, text }) => [check, text]),
      [
        ['split', '10 % asked, 9.8 % seen'],
        ['success-rate', '99.9 %'],
      ],
    );
    assert.deepEqual(
      ahead.map(({ index, verdict }) => [index, verdict]),
      spec.steps.slice(1).map((_, index) => [index + 1, 'planned']),
    );
  });

  it('has the numbers of each check for a chart, and where Prometheus draws its query', () => {
    const plan = canaryPlan({ spec: { ...spec, prometheus: { kind: 'url', url: 'http://prom.test/x/' } } });
    const [check] = reportOf({ type: 'planned', plan }, ...begun.slice(1), measured(rate)).checks;
    assert.deepEqual(
      [
        check?.name,
        check?.unit,
        check?.limit,
        check?.points.map(({ value, limit, stable }) => [value, limit, stable]),
      ],
      ['success-rate', '%', '≥ 99 %', [[99.9, 99, 99.95]]],
    );
    const url = new URL(check?.url ?? '');
    assert.equal(url.origin + url.pathname, 'http://prom.test/x/graph');
    assert.equal(url.searchParams.get('g0.expr'), 'sum(rate(x[1m]))');
    assert.equal(url.searchParams.get('g0.end_input'), '1970-01-01 00:02:00');
  });

  it('says what happened when, with the weight from then on', () => {
    const { timeline, weight } = reportOf(...begun, ...over());
    assert.deepEqual(
      timeline.map(({ kind, text, weight: share }) => [kind, text, share]),
      [
        ['phase', 'Starting the canary, without traffic', undefined],
        ['applied', 'Deployment shop/web-canary', undefined],
        ['step', 'Step 1 of 3: 10 % for 5m', undefined],
        ['weight', '10 % of the requests go to the canary', 10],
        ['step', '10 %: pass', undefined],
        ['stopped', 'No new request goes to the canary', 0],
        ['ended', 'Promoted: web passed 10 %', 0],
      ],
    );
    assert.equal(weight, 0);
  });

  it('has each warning and error once, also those that the log keeps for the end', () => {
    const error = new CanaryError('LOCKED', 'taken', { hint: 'Wait' });
    const plan = canaryPlan({ notes: ['a note'] });
    const { issues } = reportOf(
      { type: 'planned', plan },
      { type: 'planned', plan },
      { type: 'failed', errors: [error] },
    );
    assert.deepEqual(issues, [
      { kind: 'warning', text: 'a note' },
      { kind: 'error', text: 'LOCKED: taken. Wait' },
    ]);
  });

  it('knows of a success that something is unverified or left', () => {
    const resultOf = (leftovers: readonly string[], outcome = 'promoted' as const) =>
      reportOf(...begun, ...over({ leftovers, outcome })).result;
    assert.deepEqual([resultOf([]), resultOf(['a twin'])], ['success', 'issues']);
    assert.equal(reportOf(...begun, ...over({ outcome: 'held' })).result, 'failure');
    assert.equal(reportOf(...begun).result, undefined);
  });

  it('stays below half a megabyte however much there is, and keeps what failed', () => {
    const noise = 'long '.repeat(2_000);
    const rounds = Array.from({ length: 3_000 }, (_, index) =>
      measured({ ...(index === 1_234 ? failing : rate), detail: noise }),
    );
    const writes = Array.from({ length: 1_000 }, () => begun[2] ?? assert.fail());
    const report = reportOf(...begun, ...rounds, ...writes);
    assert.deepEqual(faultsOf(report), []);
    const [check] = report.checks;
    assert.deepEqual([check?.points.length, check?.pointsLeftOut], [500, 2_500]);
    assert.equal(check?.points.filter(({ verdict }) => verdict === 'fail').length, 1);
    assert.equal(report.timeline.length + report.timelineLeftOut, 1_004);
    assert.ok(JSON.stringify(report).length < 500_000);
  });

  it('has no number where there is none that JSON could say', () => {
    const infinite = {
      ...passing,
      reading: { unit: '', value: Number.POSITIVE_INFINITY, limit: 3 },
    } as const;
    const report = reportOf(...begun, measured(infinite));
    assert.deepEqual(faultsOf(report), []);
    assert.equal(report.checks[0]?.points[0]?.value, undefined);
  });

  it('has each of its texts made harmless, wherever it stands', () => {
    const evil = 'EVIL';
    const bad = { ...rate, check: evil, value: evil, limit: evil, detail: evil, query: evil };
    const report = reportOf(
      { type: 'planned', plan: canaryPlan({ name: evil, namespace: evil, notes: [evil] }) },
      ...begun.slice(1),
      { type: 'applied', object: { apiVersion: evil, kind: evil, name: evil }, note: evil },
      measured(bad),
      { type: 'failed', errors: [new CanaryError('INTERNAL', evil)] },
      ...over({ reason: evil, failedStep: evil, failedCheck: evil, leftovers: [evil] }),
    );
    assert.ok(JSON.stringify(report).split(evil).length > 15);
    const clean = cleanReport(report, text => text.replaceAll(evil, 'good'));
    assert.doesNotMatch(JSON.stringify(clean), /EVIL/);
    assert.deepEqual(faultsOf(clean), []);
  });
});
