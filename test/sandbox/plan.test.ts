import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { taskDir } from '../../sandbox/demo/release.ts';
import type { KubeObject } from '../../sandbox/objects.ts';
import { sampleManifests } from '../../sandbox/sample.ts';
import { conceal } from '../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/conceal.ts';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import { type RunningStep, runJob, runStep } from '../agent/test-agent.ts';
import {
  contains,
  type Files,
  filesIn,
  masked,
  objectsOf,
  pageOf,
  plan,
  samplePipeline,
  tellsNoSecret,
  withSecrets,
} from './planned.ts';
import { inShop, type Release } from './shop.ts';
import { stage } from './stage.ts';

const nameOf = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.name}`;

describe('action: plan, by the built step on the sandbox,', function () {
  this.timeout(60_000);

  // The longest first, so that it is not left alone at the end.
  stage.it('names what the release then makes', () =>
    inShop({}, async shop => {
      const release = await withSecrets(shop);
      const planned = await plan(shop, release);
      const started = objectsOf(planned, 'started');
      const live = ({ apiVersion, kind, metadata }: KubeObject) =>
        shop.sandbox.state.get(apiVersion, kind, 'default', metadata.name);
      const made = new Map<string, KubeObject | undefined>();
      const during = async (step: RunningStep) => {
        await step.line(/^ 50 % .* pass$/);
        for (const object of started) made.set(nameOf(object), live(object));
      };
      const { main } = await shop.release({ ...release, job: { ...release.job, during } });
      assert.equal(main.outputVariables.outcome, 'promoted', main.lines.join('\n'));

      assert.deepEqual(started.map(nameOf).sort(), [
        'ConfigMap sample-app-canary',
        'Deployment sample-app-canary',
        'Mapping sample-app-canary',
        'Secret sample-app-canary',
        'Service sample-app-canary',
      ]);
      for (const object of started) holds(made.get(nameOf(object)), object, nameOf(object));
      const stable = objectsOf(planned).filter(({ metadata }) => !metadata.name.endsWith('-canary'));
      assert.ok(stable.length >= 3);
      for (const object of stable) holds(live(object), object, nameOf(object));
    }),
  );

  for (const { major, path: nodePath } of ensureAgentNodes()) {
    stage.it(`shows what would happen, touches nothing and tells no secret, on Node ${major}`, () =>
      inShop({}, async shop => {
        const release = await withSecrets(shop);
        const before = shop.everything();
        const planned = await plan(shop, { ...release, job: { ...release.job, nodePath } });
        const { main, postJob, result } = planned;
        assert.equal(result, 'Succeeded', main.lines.join('\n'));
        const { outcome, weight, reason, planPath = '' } = main.outputVariables;
        assert.deepEqual([outcome, weight], ['planned', '0']);
        assert.equal(reason, 'a release would give sample-app 50 % and then promote it');
        assert.match(planPath, /ambassador-canary.plan\.md$/);
        assert.ok(main.lines.includes('##[section]Canary release of sample-app in default'));
        assert.ok(main.lines.some(line => line.includes(planPath)));
        assert.deepEqual(postJob?.lines, []);

        assert.deepEqual(shop.writes(), []);
        assert.deepEqual(shop.everything(), before);

        const page = pageOf(planned);
        assert.deepEqual(main.summaries, [page]);
        assert.match(page, /^# Canary release of `sample-app` in `default`\n/);
        assert.match(page, /- {3}registry.*\/sample-app:1.0.0\n\+ {3}registry.*\/sample-app:2.0.0\n/);
        assert.match(page, /data\.password\n- {3}sha256:[0-9a-f]{8}\n\+ {3}sha256:[0-9a-f]{8}\n/);
        assert.match(page, /env\[API_KEY\]\.value\n- {3}sha256:[0-9a-f]{8}\n\+ {3}sha256:[0-9a-f]{8}\n/);
        assert.match(page, /https:\/\/a:\*\*\*@b/);
        tellsNoSecret(planned);
      }),
    );

    stage.it(`plans the pull request of the samples without a cluster, on Node ${major}`, async () => {
      const { inputs, text } = await samplePipeline();
      assert.equal(inputs.kubernetesServiceConnection, undefined);
      assert.match(text, /\$\(canary\.planPath\)/);
      let files: Files = new Map();
      const { main, result } = await runJob({
        nodePath,
        taskDir,
        workingDirectory: process.cwd(),
        inputs,
        afterMain: (_, folder) => {
          files = filesIn(folder);
        },
      });
      assert.equal(result, 'Succeeded', main.lines.join('\n'));
      assert.equal(main.outputVariables.outcome, 'planned');
      assert.equal(main.stderr, '');
      assert.match(
        pageOf({ files }),
        /^# Canary release of `sample-app` in `shop`\n\n> Made from the manifests alone, /,
      );
      assert.deepEqual(objectsOf({ files }).map(nameOf), [
        'Service sample-app-canary',
        'Deployment sample-app-canary',
        'Mapping sample-app-canary',
        'Deployment sample-app',
        'Service sample-app',
        'Mapping sample-app',
      ]);
    });
  }

  stage.it('asks neither the cluster nor Prometheus where there is no connection', () =>
    inShop({}, async shop => {
      const release = await withSecrets(shop);
      const asked = shop.sandbox.state.requests.length;
      const none = { kubernetesServiceConnection: '', prometheus: 'http://127.0.0.1:1' };
      const planned = await plan(shop, { ...release, inputs: { ...release.inputs, ...none } });
      assert.equal(planned.result, 'Succeeded', planned.main.lines.join('\n'));
      assert.equal(shop.sandbox.state.requests.length, asked);
      assert.doesNotMatch(pageOf(planned), /## What changes in the cluster/);
      tellsNoSecret(planned);
    }),
  );

  const refusals: Readonly<Record<string, Release>> = {
    'a Prometheus that does not answer': { inputs: { prometheus: 'http://127.0.0.1:1' } },
    'a route that is not there': { inputs: { manifests: 'other.json', containers: '' } },
    'a manifest that is none': { inputs: { manifests: 'broken.yaml', containers: '' } },
  };
  for (const [what, release] of Object.entries(refusals)) {
    stage.it(`ends with the errors of the release, and writes them into the plan: ${what}`, () =>
      inShop({}, async shop => {
        const deployment = (await sampleManifests()).find(({ kind }) => kind === 'Deployment');
        const other = JSON.stringify(deployment).replaceAll('"sample-app"', '"other"');
        shop.sandbox.state.apply({ ...JSON.parse(other), metadata: { name: 'other', namespace: 'default' } });
        const files = {
          'other.json': other.replace(':1.0.0', ':3.0.0'),
          'broken.yaml': 'kind: [Deployment\n',
        };
        await shop.write(files);
        const planned = await plan(shop, release);
        const run = await shop.release(release);
        assert.equal(planned.result, 'Failed');
        assert.deepEqual(planned.main.issues, run.main.issues);
        assert.equal(planned.main.outputVariables.outcome, 'failed');
        const code = /failed: ([A-Z_]+): /.exec(planned.main.resultText)?.[1];
        assert.match(pageOf(planned), new RegExp(`\n- \\*\\*Refused\\*\\* \`${code}\` `));
        assert.deepEqual(planned.main.summaries, [pageOf(planned)]);
        assert.deepEqual(shop.writes(), []);
      }),
    );
  }

  stage.it('keeps the plan of an earlier step of the same job', async () => {
    const { inputs } = await samplePipeline();
    const tempDirectory = await mkdtemp(join(tmpdir(), 'agent-temp-'));
    try {
      const nodePath = ensureAgentNodes()[0]?.path ?? process.execPath;
      const options = { nodePath, taskDir, workingDirectory: process.cwd(), inputs, tempDirectory };
      const steps = [await runStep(options), await runStep(options)];
      const paths = steps.map(({ outputVariables }) => outputVariables.planPath ?? '');
      assert.deepEqual(
        paths,
        ['plan.md', join('2', 'plan.md')].map(path => join(tempDirectory, 'ambassador-canary', path)),
      );
      for (const path of paths) assert.match(readFileSync(path, 'utf8'), /^# Canary release of/);
    } finally {
      await rm(tempDirectory, { recursive: true, force: true });
    }
  });
});

/** What was sent, as it may be shown, is in what is stored; what else is there the server added. */
function holds(stored: KubeObject | undefined, sent: KubeObject, name: string): void {
  assert.ok(stored !== undefined, name);
  contains(conceal(stored as Parameters<typeof conceal>[0], masked), sent, name);
}
