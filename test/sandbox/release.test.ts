import assert from 'node:assert/strict';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import type { JobResult, RunningStep } from '../agent/test-agent.ts';
import { endedAs, isPromoted, tableSays, untouched, versions } from './endings.ts';
import { inShop, repository } from './shop.ts';
import { stage } from './stage.ts';

/** A line of a measurement at 50 %: the agent shows it when the canary has users. */
const measured = /^ 50 % .* pass$/;

describe('the built step on the sandbox', function () {
  this.timeout(60_000);

  // The longest first, so that none is left alone at the end.
  stage.it('is told LOCKED, with the name of the other run, while that releases the same workload', () =>
    inShop({ users: [{ name: 'second', token: 'the-second-run' }] }, async shop => {
      const before = shop.everything();
      let second: JobResult | undefined;
      const during = async (step: RunningStep) => {
        await step.line(measured);
        second = await shop.release({
          version: '3.0.0',
          endpoint: shop.connection({ token: 'the-second-run' }),
          job: { variables: { 'Build.BuildId': '43', 'Build.BuildNumber': '20261121.4' } },
        });
      };
      const { main } = await shop.release({ inputs: { pause: '6s' }, job: { during } });
      endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 50 %' });
      assert.deepEqual(main.issues, []);
      await isPromoted(shop, before);

      assert.ok(second !== undefined);
      const page = 'https://dev.example.com/shop/Shop/_build/results?buildId=42&view=logs&j=';
      const run = `Shop 20261121.3, stage deploy (${page}00000000-0000-0000-0000-00000000000a)`;
      endedAs(second.main, {
        result: 'Failed',
        outcome: 'failed',
        reason: `LOCKED: Another release of the same workload is running (lock default/sample-app-canary): found ${run}. Let it end, or cancel it; with lockTimeout this release would wait for it`,
      });
      assert.deepEqual(second.postJob?.lines, []);
      assert.deepEqual(shop.writes('second'), []);
    }),
  );

  stage.it('waits for the other run where lockTimeout lets it, and plans anew then', () =>
    inShop({ users: [{ name: 'second', token: 'the-second-run' }] }, async shop => {
      const before = shop.everything();
      let second: Promise<JobResult> | undefined;
      const during = async (step: RunningStep) => {
        await step.line(measured);
        second = shop.release({
          endpoint: shop.connection({ token: 'the-second-run' }),
          inputs: { lockTimeout: '2m' },
          job: { variables: { 'Build.BuildId': '43', 'Build.BuildNumber': '20261121.4' } },
        });
      };
      const { main } = await shop.release({ inputs: { pause: '5s' }, job: { during } });
      assert.equal(main.outputVariables.outcome, 'promoted');
      const waited = await second;
      const reason = 'sample-app already runs what the manifests say';
      assert.ok(waited !== undefined);
      endedAs(waited.main, { result: 'Succeeded', outcome: 'unchanged', reason });
      assert.ok(!waited.main.lines.join('\n').includes('deleted'), 'nothing was left behind');
      await isPromoted(shop, before);
    }),
  );

  for (const { major, path: nodePath } of ensureAgentNodes()) {
    stage.it(`promotes a good version on Node ${major}`, () =>
      inShop({}, async shop => {
        const before = shop.everything();
        const { main, postJob, result } = await shop.release({ job: { nodePath } });
        endedAs(main, {
          result: 'Succeeded',
          outcome: 'promoted',
          reason: 'sample-app passed 50 %',
        });
        assert.equal(result, 'Succeeded');
        assert.deepEqual(postJob?.lines, [], 'the guard has nothing to do and says nothing');
        assert.deepEqual(main.issues, []);
        tableSays(main, [
          'step  weight   time  requests  failed  success-rate  errors-vs-stable  slowness-vs-stable  verdict',
          '1       50 %  00:0#         #       0  100 % ≥ 99 %  0 %               0 %                 pass',
        ]);
        assert.match(main.lines.join('\n'), /^ {2}Users touched: [\d ]+ requests, 0 failed$/m);
        await isPromoted(shop, before);
      }),
    );

    stage.it(`takes a bad version back on Node ${major}`, () =>
      untouched({}, async shop => {
        const { main, postJob, result } = await shop.release({
          env: { SUCCESS_RATE: '60' },
          job: { nodePath },
        });
        const { reason = '' } = main.outputVariables;
        // A sample of a few dozen requests: what it shows may be far from 60 %, and is as far from 99 %.
        assert.match(reason, /^At 50 %: success-rate [2-8]\d\.\d\d % \(limit ≥ 99 %, \d+ requests\)$/);
        endedAs(main, {
          result: 'Failed',
          outcome: 'rolled-back',
          reason,
          failedStep: '50 %',
          failedCheck: 'success-rate',
        });
        assert.equal(result, 'Failed');
        assert.deepEqual(postJob?.lines, []);
        tableSays(main, [
          'step  weight   time  requests  failed  success-rate    errors-vs-stable  slowness-vs-stable  verdict',
          '1       50 %  00:0#         #       #  # % ≥ 99 %  # %           0 %                 fail',
        ]);
      }),
    );
  }

  stage.it('takes a slow version back', () =>
    untouched({}, async shop => {
      const { main } = await shop.release({ env: { DELAY_MS: '700' }, inputs: { latency: 'p95<500ms' } });
      const { reason = '' } = main.outputVariables;
      assert.match(reason, /^At 50 %: latency p95 9\d\d ms \(limit < 500 ms, \d+ requests\)$/);
      endedAs(main, {
        result: 'Failed',
        outcome: 'rolled-back',
        reason,
        failedStep: '50 %',
        failedCheck: 'latency',
      });
      tableSays(main, [
        'step  weight   time  requests  failed  verdict',
        '1       50 %  00:0#         #       0  fail',
        '',
        'step  weight  success-rate  latency              errors-vs-stable  slowness-vs-stable',
        '1       50 %  100 % ≥ 99 %  p95 # ms < 500 ms  0 %               100 %',
      ]);
    }),
  );

  const noUsers = [
    { who: 'users who have left', leave: true, count: '0', value: 'no requests', why: '' },
    {
      who: 'users whom the app never had',
      leave: false,
      count: '',
      value: 'no data',
      why: ': nothing was scraped yet since the weight was set, or neither version gets requests',
    },
  ];
  for (const { who, leave, count, value, why } of noUsers) {
    stage.it(`waits twice its time for ${who}, and then takes the version back`, () =>
      untouched({ requestsPerSecond: leave ? 300 : 0 }, async shop => {
        const during = async (step: RunningStep) => {
          await step.line(/^##\[section\]Starting the canary/);
          shop.sandbox.traffic.requestsPerSecond = 0;
        };
        const { main } = await shop.release({ inputs: { extendLimit: '2x' }, job: { during } });
        const unclear = `success-rate ${value} (limit ≥ 99 %)${why}`;
        const { reason = '' } = main.outputVariables;
        assert.match(reason, /^At 50 %: still not clear after 00:0\d: /);
        assert.ok(reason.endsWith(`: ${unclear}`), reason);
        endedAs(main, {
          result: 'Failed',
          outcome: 'rolled-back',
          reason,
          failedStep: '50 %',
          failedCheck: 'success-rate',
        });
        assert.deepEqual(
          main.issues.filter(({ type }) => type === 'warning').map(({ message }) => message),
          [`Not clear yet, staying at 50 % until 00:03: ${unclear}`],
        );
        tableSays(main, [
          ...(count === '0'
            ? [
                'step  weight   time  requests  failed  success-rate        errors-vs-stable  slowness-vs-stable  verdict',
                '1       50 %  00:0#         0       0  no requests ≥ 99 %  no requests       no requests         inconclusive',
              ]
            : [
                'step  weight   time  success-rate    errors-vs-stable  slowness-vs-stable  verdict',
                '1       50 %  00:0#  no data ≥ 99 %  no data           no data             inconclusive',
              ]),
        ]);
      }),
    );
  }

  const notReady = [
    {
      title: 'takes back a version that never gets ready, before it has users',
      version: '2.0.0-never-ready',
      why: 'its probe fails: Readiness probe failed: HTTP probe failed with statuscode: 503',
    },
    {
      title: 'takes back a version that crashes, before it has users',
      version: '2.0.0-crash',
      why: 'container app ends again and again (CrashLoopBackOff), exit code 1, 2 restarts',
    },
    {
      title: 'takes back a version whose image is not there, before it has users',
      version: '2.0.0-missing',
      why: `container app has no image: ImagePullBackOff: Back-off pulling image '${repository}:2.0.0-missing'`,
    },
  ];
  for (const { title, version, why } of notReady) {
    stage.it(title, () =>
      untouched({}, async shop => {
        const { main } = await shop.release({ version, inputs: { rolloutTimeout: '3s' } });
        const { reason = '' } = main.outputVariables;
        assert.ok(
          reason.startsWith('ROLLOUT_NOT_READY: sample-app-canary did not get ready within 3s: expected'),
          reason,
        );
        assert.ok(reason.includes(why), reason);
        endedAs(main, { result: 'Failed', outcome: 'rolled-back', reason });
        assert.doesNotMatch(main.lines.join('\n'), /What happened|requests go to the canary/);
        assert.equal(shop.sandbox.traffic.books.get(version), undefined);
      }),
    );
  }

  stage.it('installs a first release, and then has nothing to do and writes nothing', () =>
    inShop({ withStable: false }, async shop => {
      const first = await shop.release();
      endedAs(first.main, {
        result: 'Succeeded',
        outcome: 'first-release',
        reason: 'sample-app runs for the first time: there was no stable version to compare with',
      });
      const before = shop.everything();
      const names = Object.keys(before).filter(name => !name.startsWith('Namespace '));
      assert.deepEqual(names.sort(), [
        'Deployment default/sample-app',
        'Mapping default/sample-app',
        'Service default/sample-app',
        'ServiceMonitor default/sample-app',
      ]);
      assert.deepEqual(versions(await shop.pods()), Array(4).fill('2.0.0'));

      const written = shop.writes().length;
      const second = await shop.release();
      endedAs(second.main, {
        result: 'Succeeded',
        outcome: 'unchanged',
        reason: 'sample-app already runs what the manifests say',
      });
      assert.deepEqual(shop.writes().slice(written), []);
      assert.deepEqual(shop.everything(), before);
    }),
  );

  stage.it('removes a first release that never gets ready', () =>
    inShop({ withStable: false }, async shop => {
      const before = shop.everything();
      const { main } = await shop.release({ version: '1.0.0-crash', inputs: { rolloutTimeout: '2s' } });
      assert.equal(main.outputVariables.outcome, 'rolled-back', main.lines.join('\n'));
      assert.deepEqual(shop.everything(), before);
      assert.deepEqual(await shop.pods(), []);
    }),
  );

  stage.it('stops at once when it is cancelled in a step, and leaves nothing', () =>
    untouched({}, async shop => {
      let cancelledAt = 0;
      const during = async (step: RunningStep) => {
        await step.line(measured);
        cancelledAt = Date.now();
        await step.cancel();
      };
      const { main, postJob, result } = await shop.release({ inputs: { pause: '60s' }, job: { during } });
      assert.equal(result, 'Canceled');
      endedAs(main, { result: 'Canceled', outcome: 'cancelled', reason: 'The step was cancelled' });
      assert.deepEqual(postJob?.lines, []);
      const stop = shop.sandbox.state.requests.find(
        ({ method, path, at }) => at >= cancelledAt && method === 'PATCH' && path.includes('/mappings/'),
      );
      const lasted = (stop?.at ?? Number.POSITIVE_INFINITY) - cancelledAt;
      assert.ok(lasted < 1_000, `traffic was taken off ${lasted} ms after the signal`);
    }),
  );

  stage.it('that is killed in a step is cleaned up after by its guard', () =>
    untouched({}, async shop => {
      const during = async (step: RunningStep) => {
        await step.line(measured);
        step.kill();
      };
      const { main, postJob } = await shop.release({ inputs: { pause: '60s' }, job: { during } });
      assert.equal(main.signal, 'SIGKILL');
      assert.equal(postJob?.result, 'Succeeded');
      assert.deepEqual(postJob?.issues, [
        { type: 'warning', message: 'The step ended and left its canary at 50 %: taking it back' },
      ]);
      assert.equal(postJob?.lines.at(-1), '##[section]The canary is gone, all requests go to stable');
    }),
  );
});
