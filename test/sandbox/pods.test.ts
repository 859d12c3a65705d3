import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loseAgent } from '../agent/lost-agent.ts';
import type { RunningStep } from '../agent/test-agent.ts';
import { stepsIn } from '../steps-in.ts';
import { endedAs, isPromoted, untouched, versions } from './endings.ts';
import { inShop, type Release, type Shop } from './shop.ts';
import { stage } from './stage.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pipeline = 'samples/azure-pipelines-pods.yml';

/** A cluster that has never heard of Emissary: users are in it, and ask the Service. */
const withoutAmbassador = {
  missingGroups: ['getambassador.io'],
  service: { host: 'sample-app.default', port: 80 },
  // Longer than the proxies take to know, on a busy machine as well: what a graceful shutdown is for.
  podStopMs: 1_500,
};

/** A release by pods, which nothing but their health judges. */
function byPods(shop: Shop, { inputs, job, ...release }: Release = {}) {
  return shop.release({
    inputs: {
      trafficSplitMethod: 'pod',
      manifests: 'samples/app/manifests/deployment.yaml\nsamples/app/manifests/service.yaml',
      weights: '20',
      prometheus: '',
      ...inputs,
    },
    job: { workingDirectory: root, ...job },
    ...release,
  });
}

/** The agent shows it when the canary has users. */
const hasUsers = /^ {2}weight {3}20 % asked, 20 % reached: 1 of 5 pods$/;

describe('a release by pods on the sandbox', function () {
  this.timeout(60_000);

  stage.it('goes by the numbers of pods, says what they reach, and promotes', () =>
    inShop(withoutAmbassador, async shop => {
      const before = shop.everything();
      const seen: number[] = [];
      const share = async (step: RunningStep, line: RegExp) => {
        await step.line(line);
        const [old, young] = ['1.0.0', '2.0.0'].map(
          name => shop.sandbox.traffic.books.get(name)?.requests ?? 0,
        );
        await new Promise(resolve => setTimeout(resolve, 1_000));
        const [older = 0, younger = 0] = ['1.0.0', '2.0.0'].map(
          name => shop.sandbox.traffic.books.get(name)?.requests ?? 0,
        );
        const got = younger - (young ?? 0);
        seen.push(got / (got + older - (old ?? 0)));
      };
      const during = async (step: RunningStep) => {
        await share(step, hasUsers);
        await share(step, /^ {2}weight {3}35 % asked, 33\.3 % reached: 2 of 6 pods$/);
      };
      const { main } = await byPods(shop, { inputs: { weights: '20, 35' }, job: { during } });
      endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 20 %, 35 %' });
      assert.deepEqual(main.issues, []);
      // Of some 300 requests each: three times the spread that chance has there.
      assert.ok(Math.abs((seen[0] ?? 0) - 1 / 5) < 0.08, `${seen[0]} of the requests at 1 of 5 pods`);
      assert.ok(Math.abs((seen[1] ?? 0) - 2 / 6) < 0.09, `${seen[1]} of the requests at 2 of 6 pods`);
      assert.deepEqual(
        [...shop.sandbox.traffic.books.values()].filter(({ failed }) => failed > 0),
        [],
      );
      assert.deepEqual(
        shop.writes().filter(write => /mappings|services/.test(write)),
        [],
      );
      await isPromoted(shop, before);
    }),
  );

  stage.it('takes back a version that crashes', () =>
    untouched(withoutAmbassador, async shop => {
      const { main } = await byPods(shop, { version: '2.0.0-crash', inputs: { rolloutTimeout: '3s' } });
      assert.equal(main.outputVariables.outcome, 'rolled-back', main.lines.join('\n'));
      assert.match(
        main.outputVariables.reason ?? '',
        /^ROLLOUT_NOT_READY: sample-app-canary did not get ready/,
      );
      assert.equal(shop.sandbox.traffic.books.get('2.0.0-crash'), undefined);
    }),
  );

  stage.it('that is killed is taken back by its guard: no pod first, and then the rest', () =>
    untouched(withoutAmbassador, async shop => {
      let killedAt = 0;
      const during = async (step: RunningStep) => {
        await step.line(hasUsers);
        killedAt = Date.now();
        step.kill();
      };
      const { main, postJob } = await byPods(shop, { inputs: { pause: '60s' }, job: { during } });
      assert.equal(main.signal, 'SIGKILL');
      assert.equal(postJob?.result, 'Succeeded');
      assert.equal(postJob?.lines.at(-1), '##[section]The canary is gone, all requests go to stable');
      const writes = shop.sandbox.state.requests
        .filter(
          ({ at, method, path }) => at >= killedAt && method !== 'GET' && path.includes('/deployments/'),
        )
        .map(({ method }) => method);
      assert.deepEqual(writes, ['PATCH', 'DELETE']);
    }),
  );

  const afterALoss = [
    {
      title: 'gone on with by the next run of the same release',
      version: '2.0.0',
      says: /this run goes on at step 1 of 1/,
    },
    {
      title: 'taken back by the next release',
      version: '3.0.0',
      says: /Rolling back: an earlier run left its canary/,
    },
  ];
  for (const { title, version, says } of afterALoss) {
    stage.it(`that is lost with its agent is ${title}, which promotes`, () =>
      inShop(withoutAmbassador, async shop => {
        const names = Object.keys(shop.everything());
        await loseAgent(hasUsers, job => byPods(shop, { inputs: { pause: '1500ms' }, job }));
        const { main } = await byPods(shop, { version });
        assert.match(main.lines.join('\n'), says);
        endedAs(main, { result: 'Succeeded', outcome: 'promoted', reason: 'sample-app passed 20 %' });
        assert.deepEqual(Object.keys(shop.everything()), names);
        assert.deepEqual(versions(await shop.pods()), Array(4).fill(version));
      }),
    );
  }

  stage.it('has no pod with users left a moment after it is cancelled', () =>
    untouched(withoutAmbassador, async shop => {
      let cancelledAt = 0;
      const during = async (step: RunningStep) => {
        await step.line(hasUsers);
        cancelledAt = Date.now();
        await step.cancel();
      };
      const { main, postJob } = await byPods(shop, { inputs: { pause: '60s' }, job: { during } });
      endedAs(main, { result: 'Canceled', outcome: 'cancelled', reason: 'The step was cancelled' });
      assert.deepEqual(postJob?.lines, []);
      const stop = shop.sandbox.state.requests.find(
        ({ method, path, at }) => at >= cancelledAt && method === 'PATCH' && path.includes('/deployments/'),
      );
      const lasted = (stop?.at ?? Number.POSITIVE_INFINITY) - cancelledAt;
      assert.ok(lasted < 1_000, `its pods were told to end ${lasted} ms after the signal`);
    }),
  );

  stage.it(`is what ${pipeline} does, as it is written but for its times, the addresses and the check`, () =>
    inShop(
      { ...withoutAmbassador, namespace: 'shop', service: { host: 'sample-app.shop', port: 80 } },
      async shop => {
        const [step] = stepsIn(pipeline, await readFile(root + pipeline, 'utf8'));
        assert.ok(step);
        // The sandbox's Prometheus knows Emissary only: test/cluster/pods.test.ts asks the check of one that knows the app.
        const { kubernetesServiceConnection: name = '', prometheus: _, checks: __, ...inputs } = step.inputs;
        const { main } = await byPods(shop, {
          endpoint: shop.connection({ name }),
          inputs: { ...inputs, kubernetesServiceConnection: name, pause: '1s' },
          job: { variables: step.variables },
        });
        endedAs(main, {
          result: 'Succeeded',
          outcome: 'promoted',
          reason: 'sample-app passed 20 %, 35 %, 50 %',
        });
        const pods = await shop.pods();
        assert.deepEqual(versions(pods), Array(4).fill('42'));
        assert.equal(pods[0]?.image, `${step.variables.image}:42`);
      },
    ),
  );
});
