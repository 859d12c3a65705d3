import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  type Report,
  reportAttachment,
} from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/report/report.ts';
import type { JobResult, RunningStep } from '../agent/test-agent.ts';
import { faultsOf } from '../unit/report/reports.ts';
import { inShop } from './shop.ts';
import { stage } from './stage.ts';

type Step = JobResult['main'];

/** The reports that a step attached, in their order. Each is as the schema says. */
function reportsOf({ attachments }: Step): readonly Report[] {
  const reports = attachments
    .filter(({ type }) => type === reportAttachment)
    .map(({ content }) => JSON.parse(content) as Report);
  for (const report of reports) assert.deepEqual(faultsOf(report), []);
  return reports;
}

function lastOf(step: Step): Report {
  return reportsOf(step).at(-1) ?? assert.fail('no report was attached');
}

const measured = /^ 50 % .* pass$/;

describe('what a release leaves to look at', function () {
  this.timeout(60_000);

  stage.it(
    'is a report, a page and test results, which agree with the log, of a release that is promoted',
    () =>
      inShop({}, async shop => {
        let file: Report | undefined;
        const afterMain = (main: Step) => {
          file = JSON.parse(readFileSync(main.outputVariables.reportPath ?? '', 'utf8'));
        };
        const { main } = await shop.release({ job: { afterMain } });
        const reports = reportsOf(main);
        const report = lastOf(main);
        assert.deepEqual(file, report, 'reportPath holds what was attached');
        assert.equal(new Set(reports.map(({ id }) => id)).size, 1);
        assert.equal(reports[0]?.state, 'running', 'the tab has something to show meanwhile');
        assert.deepEqual(
          [report.state, report.outcome, report.result, report.weight, report.verdict],
          ['ended', 'promoted', 'success', 0, 'Promoted: sample-app passed 50 %'],
        );
        const { requests = 0, failed = -1 } = report.users ?? {};
        const touched = `${String(requests).replace(/\B(?=(\d{3})+$)/g, ' ')} requests`;
        assert.ok(
          main.lines.some(line => line.includes(`Users touched: ${touched}`)),
          touched,
        );
        assert.deepEqual([requests > 50, failed], [true, 0]);
        const [step] = report.steps;
        assert.deepEqual([step?.weightAsked, step?.verdict], [50, 'pass']);
        const rate = report.checks.find(({ name }) => name === 'success-rate');
        assert.deepEqual(
          [rate?.unit, rate?.points.at(-1)?.value, rate?.points.at(-1)?.limit],
          ['%', 100, 99],
        );
        assert.ok(rate?.url?.startsWith(`${shop.sandbox.prometheusUrl}/graph?g0.expr=100+*+sum`), rate?.url);
        const writes = report.timeline.filter(({ kind }) => kind === 'applied' || kind === 'deleted');
        assert.ok(writes.some(({ text }) => text === 'Mapping default/sample-app-canary'));

        const [page = ''] = main.summaries;
        assert.match(page, /^# Promoted: `sample-app` in `default`\n/);
        const [tests] = main.testResults;
        assert.deepEqual([tests?.type, tests?.title], ['JUnit', 'Canary release of sample-app']);
        assert.match(tests?.content ?? '', /<testcase name="Step 1, 50 %: success-rate" [^>]*\/>/);
      }),
  );

  stage.it('names the failed check, with its query and a chart, of a release that is taken back', () =>
    inShop({}, async shop => {
      const inputs = { publishTestResults: 'false' };
      const { main } = await shop.release({ env: { SUCCESS_RATE: '60' }, inputs });
      const report = lastOf(main);
      assert.deepEqual(
        [report.outcome, report.result, report.failedStep, report.failedCheck],
        ['rolled-back', 'failure', '50 %', 'success-rate'],
      );
      assert.ok((report.users?.failed ?? 0) > 5);
      const [page = ''] = main.summaries;
      assert.match(page, /^# Rolled back: /);
      assert.match(page, /## Failed: `success-rate`\n\n```text\ncanary {2}[▁-█ ]+\n/);
      assert.match(page, /```promql\n100 \* sum by/);
      assert.deepEqual(main.testResults, [], 'nobody wanted them');
    }),
  );

  stage.it('is there as well of a step that can not begin, and no test results', () =>
    inShop({}, async shop => {
      const { main } = await shop.release({ inputs: { weights: '300' } });
      const report = lastOf(main);
      assert.deepEqual([report.outcome, report.steps], ['failed', []]);
      assert.match(report.issues[0]?.text ?? '', /^INPUT_INVALID: Input `weights`/);
      assert.match(main.summaries[0] ?? '', /^# Failed\n/);
      assert.deepEqual(main.testResults, []);
    }),
  );

  stage.it('is there as well of a release that is cancelled', () =>
    inShop({}, async shop => {
      const during = async (step: RunningStep) => {
        await step.line(measured);
        await step.cancel();
      };
      const { main, postJob } = await shop.release({ inputs: { pause: '60s' }, job: { during } });
      const report = lastOf(main);
      assert.deepEqual([report.outcome, report.steps[0]?.verdict], ['cancelled', 'cancelled']);
      assert.match(main.summaries[0] ?? '', /^# Cancelled: /);
      assert.deepEqual(postJob?.attachments, []);
    }),
  );

  stage.it('is finished by the guard where the step was killed', () =>
    inShop({}, async shop => {
      let left: Report | undefined;
      const during = async (step: RunningStep) => {
        await step.line(measured);
        // The file follows the log by a second.
        await step.line(measured);
        step.kill();
      };
      const afterMain = ({ outputVariables }: Step) => {
        left = JSON.parse(readFileSync(outputVariables.reportPath ?? '', 'utf8'));
      };
      const { main, postJob } = await shop.release({ inputs: { pause: '60s' }, job: { during, afterMain } });
      assert.deepEqual(main.summaries, []);
      assert.equal(left?.state, 'running');
      assert.ok(postJob !== undefined);
      const report = lastOf(postJob);
      assert.deepEqual(
        [report.id, report.state, report.outcome, report.weight],
        [left?.id, 'ended', 'failed', 0],
      );
      const verdict =
        'Failed: The step ended before its release did: the canary had 50 % and was taken back after the job';
      assert.equal(report.verdict, verdict);
      const told = report.timeline.map(({ kind, text }) => `${kind} ${text}`);
      assert.ok(told.includes('deleted Mapping default/sample-app-canary'), told.join('\n'));
      assert.match(postJob.summaries[0] ?? '', /^# Failed: `sample-app`/);
      assert.equal(postJob.testResults.length, 1);
    }),
  );
});
