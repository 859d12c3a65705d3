import assert from 'node:assert/strict';
import {
  failedOutcomes,
  successfulOutcomes,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/outcome.ts';
import { makeReport } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/make-report.ts';
import { sparkline } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/sparkline.ts';
import { summaryPage } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/summary.ts';
import { canaryPlan, spec } from '../release/doubles.ts';
import { begun, frame, measured, over, rate, reportOf, split } from './reports.ts';
import { journalOf } from './story.ts';

const failed = {
  ...rate,
  verdict: 'fail',
  value: '91.3 %',
  reading: { unit: '%', value: 91.3, limit: 99, stable: 99.95 },
} as const;
const rollback = over({
  outcome: 'rolled-back',
  reason: 'At 10 %: success-rate 91.3 % (limit ≥ 99 %)',
  failedStep: '10 %',
  failedCheck: 'success-rate',
});

describe('the page of a run', () => {
  it('says first how it ended, then whether anyone was hurt, then what it was', () => {
    const plan = canaryPlan({ spec: { ...spec, prometheus: { kind: 'url', url: 'http://prom.test' } } });
    const events = [measured(split), measured(rate), measured(failed), ...rollback];
    const page = summaryPage(reportOf({ type: 'planned', plan }, ...begun.slice(1), ...events));
    const [title, verdict, status] = page.split('\n\n');
    assert.equal(title, '# Rolled back: `web` in `shop`');
    assert.equal(verdict, 'Rolled back: At 10 %: success-rate 91.3 % (limit ≥ 99 %)');
    assert.equal(
      status,
      '**Users touched: 1 204 requests, 37 failed.** All requests go to stable, and the canary is gone. It took 10:00.',
    );
    assert.ok(
      page.includes('| 1 | 10 % | 9.8 % | 05:00 | 1 000 | 1 | success-rate 91.3 % ≥ 99 % | **fail** |'),
      page,
    );
    assert.ok(
      page.includes('canary  █▁\nstable  ██\nbars from 91.3 to 99.95 %\nlimit   ≥ 99 %\nlast    91.3 %'),
      page,
    );
    assert.ok(page.includes('```promql\nsum(rate(x[1m]))\n```'));
    assert.match(page, /\[See it in Prometheus .*\]\(<http:\/\/prom\.test\/graph\?g0\.expr=sum%28rate%28x/);
    assert.match(page, /\[Shop 20261121\.3\]\(<https:\/\/dev\.example\.com\/shop>\)/);
  });

  for (const outcome of [...successfulOutcomes, ...failedOutcomes]) {
    it(`has a title for a release that ended as ${outcome}`, () => {
      assert.match(
        summaryPage(reportOf(...begun, ...over({ outcome }))),
        /^# [A-Z][\w ]+: `web` in `shop`\n/,
      );
    });
  }

  it('says of a success that something is left to do, and what', () => {
    const page = summaryPage(reportOf(...begun, ...over({ leftovers: ['the Service is still there'] })));
    assert.match(page, /^# Promoted, with something left to do: /);
    assert.match(page, /## Must be looked at\n\n- the Service is still there/);
  });

  it('says that no request went to a canary where none did', () => {
    const report = reportOf(
      { type: 'failed', errors: [] },
      ...over({ outcome: 'failed', reason: 'no manifests' }).slice(3),
    );
    assert.match(summaryPage(report), /No request went to a canary\./);
  });

  const evils = [
    '<script>alert(1)</script>',
    '![x](http://evil.test/x.png)',
    '[x](javascript:alert(1))',
    '</td>|cell|\n# heading\n',
    '```\n# out of the fence\n```',
    'http://evil.test www.evil.test @somebody #1',
  ];
  for (const evil of evils) {
    it(`takes text from outside for text, wherever it stands: ${JSON.stringify(evil)}`, () => {
      const bad = { ...failed, check: evil, value: evil, limit: evil, detail: evil, query: evil };
      const journal = journalOf(
        { type: 'planned', plan: canaryPlan({ name: evil, namespace: evil, notes: [evil] }) },
        ...begun.slice(1),
        measured(bad),
        ...over({
          outcome: 'rolled-back',
          reason: evil,
          failedStep: evil,
          failedCheck: evil,
          leftovers: [evil],
        }),
      );
      const run = { title: evil, url: `https://dev.example.com/x)>${evil}`, attempt: 1 };
      const links = [{ kind: 'manifest', text: evil, url: 'javascript:alert(1)' } as const];
      const page = summaryPage(makeReport(journal, { ...frame, run, links }));
      // Code and fences show what is in them; targets of links are looked at by themselves.
      const code = /^(`{3,})[\s\S]*?^\1$|`[^`\n]*`/gm;
      const outside = page.replace(code, '').replace(/\]\(<([^<>()\s]*)>\)/g, (_, target) => {
        assert.match(target, /^https?:\/\/(dev\.example\.com|prometheus)\//);
        return ']';
      });
      assert.doesNotMatch(outside, /(?<!\\)(<|!\[|\]\()|^# (?!Rolled back)|http:\/\/|www\.evil/m);
      const rows = outside.split('\n').filter(line => line.startsWith('| 1 '));
      assert.deepEqual(
        rows.map(row => row.match(/(?<!\\)\|/g)?.length),
        [9],
      );
      assert.match(page, /^(`{3,})text\n[\s\S]*?\n\1$/m);
    });
  }
});

describe('a row of bars', () => {
  it('goes from the lowest to the highest, with a blank for what is not known', () => {
    assert.equal(sparkline([0, 50, undefined, 100], { low: 0, high: 100 }), '▁▅ █');
  });

  it('is flat where nothing changes, and never leaves its bounds', () => {
    assert.equal(sparkline([5, 5], { low: 5, high: 5 }), '▁▁');
    assert.equal(sparkline([-1, 9], { low: 0, high: 1 }), '▁█');
  });

  it('fits on a line however many there are, and ends with the last', () => {
    const values = Array.from({ length: 1_000 }, (_, index) => (index === 999 ? 1 : 0));
    assert.equal(sparkline(values, { low: 0, high: 1 }), `${'▁'.repeat(59)}█`);
  });
});
