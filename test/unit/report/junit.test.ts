import assert from 'node:assert/strict';
import { junitXml } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/junit.ts';
import { canaryPlan } from '../release/doubles.ts';
import { begun, measured, over, rate, reportOf, split } from './reports.ts';

const unclear = { ...rate, check: 'latency', verdict: 'inconclusive', detail: 'too few' } as const;
const dry = { ...rate, check: 'queue', verdict: 'fail', dryRun: true } as const;

/** The cases, each with what it came to. */
function casesOf(xml: string): readonly string[] {
  return [...xml.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|><(\w+) message="([^"]*)"\/>)/g)].map(
    ([, name, kind = 'passed', message]) => [name, kind, message].filter(Boolean).join(' | '),
  );
}

describe('the test results of a release', () => {
  it('are one suite with a case for its end, for each step, and for each check in it', () => {
    const xml = junitXml(
      reportOf(
        ...begun,
        ...[split, rate, unclear, dry].map(measured),
        ...over({ outcome: 'rolled-back', reason: 'why' }),
      ),
    );
    assert.deepEqual(casesOf(xml).slice(0, 6), [
      'Release | failure | Rolled back: why',
      'Step 1, 10 % | failure | fail',
      'Step 1, 10 %: split | passed',
      'Step 1, 10 %: success-rate | passed',
      'Step 1, 10 %: latency | skipped | inconclusive: 99.9 % (limit ≥ 99 %): too few',
      'Step 1, 10 %: queue | skipped | fail: 99.9 % (limit ≥ 99 %) (dry run)',
    ]);
    const [, suite = ''] = /<testsuite ([^>]*)>/.exec(xml) ?? [];
    const cases = casesOf(xml);
    const count = (kind: string) => cases.filter(one => one.includes(`| ${kind}`)).length;
    assert.ok(suite.startsWith('name="Canary release of web in shop" '), suite);
    assert.match(
      suite,
      new RegExp(`tests="${cases.length}" failures="2" errors="0" skipped="${count('skipped')}"`),
    );
    assert.match(suite, /time="600\.000" timestamp="2026-11-21T03:00:00\.000Z"/);
  });

  it('pass for a release that was promoted', () => {
    const cases = casesOf(junitXml(reportOf(...begun, measured(rate), ...over())));
    assert.deepEqual(cases.slice(0, 3), [
      'Release | passed',
      'Step 1, 10 % | passed',
      'Step 1, 10 %: success-rate | passed',
    ]);
  });

  it('have an error for a check that could not be asked', () => {
    const unanswered = { ...rate, verdict: 'error', value: 'no answer' } as const;
    const cases = casesOf(junitXml(reportOf(...begun, measured(unanswered))));
    assert.equal(cases[2], 'Step 1, 10 %: success-rate | error | error: no answer (limit ≥ 99 %)');
  });

  it('take text from outside for text: no tag, no end of an attribute, nothing that XML could not hold', () => {
    const evil = '"/><failure>&amp; \u0000\u0008\u001b\ud800 \uffff]]> \n<!--';
    const report = reportOf(
      { type: 'planned', plan: canaryPlan({ name: evil, namespace: evil }) },
      ...begun.slice(1),
      measured({ ...rate, verdict: 'fail', check: evil, value: evil, limit: evil, detail: evil }),
      ...over({ outcome: 'failed', reason: evil }),
    );
    const xml = junitXml(report);
    assert.doesNotMatch(xml, /<failure>|<!--|[^\P{Cc}\n]|\p{Cs}|\uffff/u);
    // Each line is one whole element, or the beginning or end of one.
    for (const line of xml.trim().split('\n').slice(1)) {
      assert.match(line, /^ *<\/?\w+( \w+="[^"<>]*")*\/?>(<\w+( \w+="[^"<>]*")*\/><\/\w+>)?$/);
    }
    assert.match(xml, /&quot;\/&gt;&lt;failure&gt;&amp;amp; /);
  });
});
