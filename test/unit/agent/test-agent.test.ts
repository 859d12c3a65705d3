import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { agentNodes } from '../../agent/agent-nodes.ts';
import { kubeconfigEndpoint, serviceAccountEndpoint } from '../../agent/endpoints.ts';
import { patienceOf, runJob, runStep, startStep } from '../../agent/test-agent.ts';
import { TinyTasks } from './tiny-task.ts';

const nodePath = process.execPath;

describe('the test agent', () => {
  const tasks = new TinyTasks();
  after(() => tasks.remove());

  const run = (main: string, options: Partial<Parameters<typeof runStep>[0]> = {}) =>
    runStep({ nodePath, taskDir: tasks.make({ main }), ...options });
  const inputTypes = [
    { name: 'Some', type: 'string', defaultValue: ' default ' },
    { name: 'none', type: 'multiLine' },
    { name: 'cluster', type: 'connectedService:kubernetes' },
  ];

  describe('gives a step', () => {
    const print = 'console.log(JSON.stringify(process.env))';
    const environmentOf = async (options: Partial<Parameters<typeof runStep>[0]>) => {
      const { stdout } = await runStep({
        nodePath,
        taskDir: tasks.make({ main: print, inputs: inputTypes }),
        ...options,
      });
      return JSON.parse(stdout) as Readonly<Record<string, string | undefined>>;
    };

    it('every input, with its default or what was written, trimmed and expanded', async () => {
      const defaults = await environmentOf({});
      assert.equal(defaults.INPUT_SOME, 'default');
      assert.equal(defaults.INPUT_NONE, '');
      const written = await environmentOf({
        inputs: { Some: ' $(build.buildid)-$(no.such) ' },
        variables: { 'Build.BuildId': '7' },
      });
      assert.equal(written.INPUT_SOME, '7-$(no.such)');
    });

    it('no input that the task does not have', async () => {
      await assert.rejects(environmentOf({ inputs: { other: 'x' } }), /Tiny has no input other/);
      const job = runJob({ nodePath, taskDir: tasks.make({ main: '' }), inputs: { other: 'x' } });
      await assert.rejects(job, /Tiny has no input other/);
    });

    it('the connections that its inputs name, and no other', async () => {
      const named = kubeconfigEndpoint({
        name: 'blue',
        kubeconfig: '{}',
        clusterContext: 'c',
        acceptUntrustedCerts: true,
      });
      const other = kubeconfigEndpoint({ name: 'green', kubeconfig: '{}' });
      const environment = await environmentOf({ inputs: { cluster: 'blue' }, endpoints: [named, other] });
      assert.equal(environment.INPUT_CLUSTER, named.id);
      assert.equal(environment[`ENDPOINT_AUTH_SCHEME_${named.id}`], 'Kubernetes');
      assert.equal(environment[`ENDPOINT_AUTH_PARAMETER_${named.id}_KUBECONFIG`], '{}');
      assert.equal(environment[`ENDPOINT_DATA_${named.id}_ACCEPTUNTRUSTEDCERTS`], 'true');
      const authorization = JSON.parse(environment[`ENDPOINT_AUTH_${named.id}`] ?? '');
      assert.deepEqual(authorization, {
        scheme: 'Kubernetes',
        parameters: { kubeconfig: '{}', clusterContext: 'c' },
      });
      assert.ok(!JSON.stringify(environment).includes(other.id));
    });

    it('its variables, open and secret, and nothing of the environment of the tests', async () => {
      process.env.LEAKED_INTO_STEP = 'yes';
      const environment = await environmentOf({
        variables: { 'My.Name': 'x' },
        secretVariables: { 'My.Key': 'hunter2' },
      });
      delete process.env.LEAKED_INTO_STEP;
      assert.equal(environment.MY_NAME, 'x');
      assert.equal(environment.SECRET_MY_KEY, 'hunter2');
      assert.deepEqual(JSON.parse(environment.VSTS_SECRET_VARIABLES ?? ''), ['My.Key']);
      assert.equal(environment.LEAKED_INTO_STEP, undefined);
    });

    it('a folder for temporary files that is gone afterwards', async () => {
      const environment = await environmentOf({});
      assert.ok(environment.AGENT_TEMPDIRECTORY);
      assert.equal(existsSync(environment.AGENT_TEMPDIRECTORY), false);
    });
  });

  describe('takes commands', () => {
    it('from anywhere in a line of stdout and stderr, and unescapes them', async () => {
      const { outputVariables, lines, commands } = await run(`
        console.log('before ##vso[task.setvariable variable=one;isOutput=true]a%0Ab%AZP250A;%3B]');
        console.error('##vso[task.setvariable variable=two]2');
        console.log('##VSO[task.setvariable variable=one]in capitals');
        console.log('plain');
      `);
      assert.deepEqual(outputVariables, { one: 'a\nb%0A;;]' });
      assert.equal(commands.length, 2);
      assert.deepEqual([...lines].sort(), ['##VSO[task.setvariable variable=one]in capitals', 'plain']);
    });

    it('that set variables only where task.json allows it', async () => {
      const { variables, issues } = await run(`
        console.log('##vso[task.setvariable variable=TWO]2');
        console.log('##vso[task.setvariable variable=three]3');
      `);
      assert.deepEqual(variables, { TWO: '2' });
      assert.deepEqual(
        issues.map(issue => issue.type),
        ['warning'],
      );
    });

    it('and masks secrets from then on, whole strings only', async () => {
      const { lines, issues } = await run(`
        console.log('hunter2');
        console.log('##vso[task.setsecret]hunter2');
        console.log('a hunter2 b hunter');
        console.log('##vso[task.logissue type=error]hunter2');
      `);
      assert.deepEqual(lines, ['hunter2', 'a *** b hunter', '##[error]***']);
      assert.deepEqual(issues, [{ type: 'error', message: '***' }]);
    });

    it('and leaves no rest of a secret that begins like another', async () => {
      const { lines } = await run(`
        for (const secret of ['abc', 'abcdef']) console.log('##vso[task.setsecret]' + secret);
        console.log('abcdef abc');
      `);
      assert.deepEqual(lines, ['*** ***']);
    });

    it('and knows the secrets of connections and variables from the start', async () => {
      const endpoint = serviceAccountEndpoint({ server: 'https://cluster.example.com', token: 'abc' });
      const main = `console.log('YWJj key-of-mine')`;
      const { lines } = await runStep({
        nodePath,
        taskDir: tasks.make({ main, inputs: inputTypes }),
        inputs: { cluster: 'cluster' },
        endpoints: [endpoint],
        secretVariables: { key: 'key-of-mine' },
      });
      assert.deepEqual(lines, ['*** ***']);
    });

    it('that hand over files, and reads them at once', async () => {
      const { summaries, attachments } = await run(`
        const fs = require('node:fs');
        const path = process.env.AGENT_TEMPDIRECTORY + '/summary.md';
        fs.writeFileSync(path, 'hello');
        console.log('##vso[task.uploadsummary]' + path);
        console.log('##vso[task.addattachment type=report;name=r.json]' + path);
      `);
      assert.deepEqual(summaries, ['hello']);
      assert.deepEqual(attachments[1], { type: 'report', name: 'r.json', content: 'hello' });
    });

    it('and fails the step for those that it cannot carry out', async () => {
      for (const command of [
        'task.uploadsummary]/no/such/file',
        'task.addattachment type=a/b;name=c]/etc/hosts',
        'task.complete result=Fine]',
        'task.nosuch]',
      ]) {
        const { result } = await run(`console.log('##vso[${command}')`);
        assert.equal(result, 'Failed', command);
      }
    });

    it('and keeps 10 errors and 10 warnings', async () => {
      const { issues, lines } = await run(`
        for (let i = 0; i < 12; i++) console.log('##vso[task.issue type=warning;]w' + i);
        console.log('##vso[task.issue type=error;]e');
      `);
      assert.equal(issues.length, 11);
      assert.equal(lines.length, 13);
    });

    it('and lets progress only rise', async () => {
      const { progress } = await run(`
        for (const n of [10, 50, 20, 200]) console.log('##vso[task.setprogress value=' + n + ';]now');
      `);
      assert.deepEqual(
        progress.map(({ percent }) => percent),
        [10, 50, 50, 100],
      );
    });
  });

  describe('says that a step', () => {
    const complete = (result: string) => `console.log('##vso[task.complete result=${result};]text')`;

    it('succeeded when it says nothing', async () => assert.equal((await run('')).result, 'Succeeded'));

    it('went as badly as the worst that it said', async () => {
      const { result, resultText } = await run(`${complete('Failed')};${complete('Succeeded')}`);
      assert.equal(result, 'Failed');
      assert.equal(resultText, 'text');
      assert.equal((await run(complete('SucceededWithIssues'))).result, 'SucceededWithIssues');
    });

    it('failed when its process did', async () => {
      const { result, exitCode, issues } = await run(`${complete('Succeeded')};process.exitCode = 3`);
      assert.deepEqual([result, exitCode], ['Failed', 3]);
      assert.match(issues[0]?.message ?? '', /exit code 3/);
    });

    it('took so long and so much memory', async () => {
      const { durationMs, peakRss } = await run('setTimeout(() => {}, 300)');
      assert.ok(durationMs >= 300 && durationMs < 10_000, String(durationMs));
      if (process.platform === 'linux')
        assert.ok(peakRss !== undefined && peakRss > 10_000_000, String(peakRss));
    });
  });

  describe('cancels', () => {
    it('with SIGINT, which the step may use to stop first', async () => {
      const { result, lines, exitCode } = await run(
        `console.log('up'); const t = setInterval(() => {}, 1000);
         process.on('SIGINT', () => { console.log('stopped'); clearInterval(t); });`,
        { cancelAfter: 300 },
      );
      assert.equal(result, 'Canceled');
      assert.equal(exitCode, 0);
      assert.deepEqual(lines, ['up', 'stopped']);
    });

    const deaf = `let at; for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => {
      console.log(s, at === undefined ? 0 : Date.now() - at); at ??= Date.now(); });
      setInterval(() => {}, 1000); console.log('up');`;
    /** When SIGTERM and the end came, in milliseconds after the cancel. */
    const cancelDeaf = async (variables: Record<string, string>) => {
      const step = startStep({ nodePath, taskDir: tasks.make({ main: deaf }), variables });
      await step.line(/up/);
      const started = performance.now();
      await step.cancel();
      const { result, signal, lines } = await step.finished;
      const sigterm = Number(lines.find(line => line.startsWith('SIGTERM'))?.split(' ')[1]);
      return { result, signal, sigterm, end: performance.now() - started };
    };

    it('with SIGTERM and SIGKILL where that does not help, as patiently as the pipeline says', async () => {
      const times = { PROCESS_SIGINT_TIMEOUT: '600', PROCESS_SIGTERM_TIMEOUT: '300' };
      const { result, signal, sigterm, end } = await cancelDeaf(times);
      assert.deepEqual([result, signal], ['Canceled', 'SIGKILL']);
      assert.ok(sigterm >= 550 && sigterm < 2_000, `SIGTERM after ${sigterm} ms`);
      assert.ok(end >= 880 && end < 4_000, `all over after ${end} ms`);
    });

    it('with 7.5 s and 2.5 s of patience, unless the pipeline says so', () => {
      assert.deepEqual(patienceOf({}), { SIGINT: 7_500, SIGTERM: 2_500 });
    });

    it('never waits longer than the time limit of a test', async () => {
      await assert.rejects(
        run('setInterval(() => {}, 1000)', { timeLimit: 300 }),
        /did not end within its time limit/,
      );
    });
  });

  describe('runs a job', () => {
    const main = `console.log('##vso[task.settaskvariable variable=canary;]live');
      console.log('##vso[task.setsecret]hunter2'); console.log('ready'); setInterval(() => {}, 1000);`;
    const guard = `console.log('canary', process.env.VSTS_TASKVARIABLE_CANARY, process.env.AGENT_JOBSTATUS, 'hunter2');`;

    it('whose post-job step gets the task variables, also after a kill', async () => {
      const {
        main: mainResult,
        postJob,
        result,
      } = await runJob({
        nodePath,
        taskDir: tasks.make({ main, guard }),
        during: async step => {
          await step.line(/ready/);
          step.kill();
        },
      });
      assert.equal(mainResult.result, 'Failed');
      assert.deepEqual(postJob?.lines, ['canary live Failed ***']);
      assert.equal(result, 'Failed');
    });

    it('whose post-job step also runs after a cancel', async () => {
      const { postJob, result } = await runJob({
        nodePath,
        taskDir: tasks.make({ main, guard }),
        during: async step => {
          await step.line(/ready/);
          await step.cancel();
        },
      });
      assert.deepEqual(postJob?.lines, ['canary live Canceled ***']);
      assert.equal(result, 'Canceled');
    });

    it('whose files last until its end', async () => {
      const file = `process.env.AGENT_TEMPDIRECTORY + '/report'`;
      let seen: boolean | undefined;
      const { postJob } = await runJob({
        nodePath,
        taskDir: tasks.make({
          main: `require('node:fs').writeFileSync(${file}, '')`,
          guard: `console.log(require('node:fs').existsSync(${file}))`,
        }),
        afterMain: (_, tempDirectory) => {
          seen = existsSync(`${tempDirectory}/report`);
        },
      });
      assert.equal(seen, true);
      assert.deepEqual(postJob?.lines, ['true']);
    });
  });

  it('says what it waited for in vain', async () => {
    const step = startStep({ nodePath, taskDir: tasks.make({ main: `console.log('only this')` }) });
    await assert.rejects(step.line(/never/), /No line \/never\/ in:\nonly this/);
  });

  it('says when there is no such Node', async () => {
    await assert.rejects(runStep({ nodePath: '/no/such/node', taskDir: tasks.make({ main: '' }) }), /ENOENT/);
  });

  for (const { major, path } of agentNodes()) {
    it(`runs steps on Node ${major}`, async () => {
      const { stdout } = await run('console.log(process.versions.node)', { nodePath: path });
      assert.ok(stdout.startsWith(`${major}.`), stdout);
    });
  }
});
