import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UnreadableReport } from '../../../tab/fields.ts';
import { readReport } from '../../../tab/read-report.ts';
import { promoted, rolledBack, running } from '../../tab/reports.ts';
import { begun, faultsOf, measured, over, rate, reportOf, split } from '../report/reports.ts';

const read = (value: unknown) => readReport(JSON.stringify(value));

describe('the tab reading a report', () => {
  it('gets all that the step has written, at any moment of a release', () => {
    const events = [...begun, measured(split), measured(rate), ...over({ leftovers: ['a twin'] })];
    for (let count = 0; count <= events.length; count++) {
      const written = JSON.parse(JSON.stringify(reportOf(...events.slice(0, count))));
      assert.deepEqual(read(written), written);
    }
  });

  it('is tested with reports that are as docs/report.schema.json says', () => {
    for (const report of [promoted(), rolledBack(), running()]) {
      assert.deepEqual(faultsOf(report), []);
      assert.deepEqual(read(report), report);
    }
  });

  it('says which field is not what it must be, and what was expected', () => {
    const [step] = promoted().steps;
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [[], /^the report: expected an object/],
      [{ ...promoted(), version: 2 }, /^version: .* version 1, .* version 2/],
      [{ ...promoted(), weight: '5' }, /^weight: expected a number/],
      [{ ...promoted(), startedAt: 'yesterday' }, /^startedAt: expected a time/],
      [
        { ...promoted(), steps: [{ ...step, verdict: 'fine' }] },
        /^steps\[0\]\.verdict: expected one of planned/,
      ],
      [{ ...promoted(), checks: [{ name: 7 }] }, /^checks\[0\]\.name: expected a text/],
      [{ ...promoted(), timeline: 'much' }, /^timeline: expected a list/],
    ];
    for (const [report, message] of cases) {
      const isSaid = (error: unknown) => error instanceof UnreadableReport && message.test(error.message);
      assert.throws(() => read(report), isSaid);
    }
    assert.throws(() => readReport('<html>'), /expected JSON/);
  });

  it('reads any JSON, or says that it cannot, and fails in no other way', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(promoted())), fc.json(), (field, json) => {
        try {
          read({ ...promoted(), [field]: JSON.parse(json) });
        } catch (error) {
          assert.ok(error instanceof UnreadableReport, String(error));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('follows no address but those of web pages', () => {
    const url = 'javascript:alert(1)';
    const report = read({
      ...promoted(),
      run: { ...promoted().run, url },
      checks: [{ ...promoted().checks[0], url }],
      links: [
        { kind: 'run', text: 'x', url },
        { kind: 'run', text: 'x', url: 'data:text/html,x' },
      ],
    });
    assert.equal(report.run.url, undefined);
    assert.equal(report.checks[0]?.url, undefined);
    assert.deepEqual(report.links, []);
  });

  it('cuts texts and lists to size, and takes out what turns or hides text', () => {
    const report = read({
      ...promoted(),
      verdict: 'x'.repeat(1_000_000),
      issues: Array.from({ length: 10_000 }, () => ({ kind: 'warning', text: 'a\u202eb\u0007c' })),
    });
    assert.equal(report.verdict.length, 2_000);
    assert.equal(report.issues.length, 200);
    assert.equal(report.issues[0]?.text, 'a b c');
  });

  it('takes a word that a later version may have for the plainest one, where there is one', () => {
    const [entry] = promoted().timeline;
    const report = read({ ...promoted(), timeline: [{ ...entry, kind: 'paused' }] });
    assert.equal(report.timeline[0]?.kind, 'phase');
  });
});
