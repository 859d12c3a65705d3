import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { azureEndpoint, client, jobEndpoint, subscription, tenant } from '../../agent/azure-endpoint.ts';
import {
  azureSubscriptionEndpoint,
  type Endpoint,
  genericEndpoint,
  kubeconfigEndpoint,
  serviceAccountEndpoint,
} from '../../agent/endpoints.ts';
import { runJob, runStep } from '../../agent/test-agent.ts';

const task = fileURLToPath(new URL('../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/', import.meta.url));
const nodePath = process.execPath;
const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl';
const pem = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

/** Small steps that use `azure/` as `main.ts` does, bundled, under the task.json of the product. */
class Probes {
  readonly #folder = mkdtempSync(join(tmpdir(), 'probes-'));

  make(main: string, guard = ''): string {
    const taskDir = mkdtempSync(join(this.#folder, 'probe-'));
    copyFileSync(join(task, 'task.json'), join(taskDir, 'task.json'));
    for (const [name, contents] of [
      ['main', main],
      ['guard', guard],
    ] as const) {
      buildSync({
        stdin: { contents, resolveDir: join(task, 'src', 'azure'), loader: 'ts' },
        outfile: join(taskDir, `${name}.js`),
        bundle: true,
        platform: 'node',
        format: 'cjs',
        target: 'node20',
      });
    }
    return taskDir;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

describe('on the agent', () => {
  const probes = new Probes();
  let reading: string;
  before(() => {
    reading = probes.make(`
      import { readTask } from './read-task.ts';
      import { toCanaryErrors } from '../release/errors.ts';
      try {
        console.log('SETTINGS' + JSON.stringify(readTask()));
      } catch (thrown) {
        for (const error of toCanaryErrors(thrown)) console.log(error.code, error.sentence);
      }
    `);
  });
  after(() => probes.remove());

  const inputs = {
    manifests: 'deploy/*.yaml',
    prometheus: 'http://prometheus.example.com',
    kubernetesServiceConnection: 'cluster',
  };
  const read = async (endpoints: readonly Endpoint[], written: Readonly<Record<string, string>> = {}) => {
    const step = await runStep({ nodePath, taskDir: reading, inputs: { ...inputs, ...written }, endpoints });
    assert.equal(step.stderr, '');
    const settings = /^SETTINGS(.*)$/m.exec(step.stdout)?.[1];
    return { ...step, settings: settings === undefined ? undefined : JSON.parse(settings) };
  };

  describe('the step reads', () => {
    const account = {
      server: 'https://cluster.example.com',
      token,
      certificate: '-----BEGIN CERTIFICATE-----\n',
    };

    it('a connection of kind ServiceAccount, and masks the decoded token before it is used', async () => {
      const { settings, stdout, lines } = await read([serviceAccountEndpoint(account)]);
      assert.deepEqual(settings.connection, {
        kind: 'token',
        server: account.server,
        token,
        caData: base64(account.certificate),
        acceptUntrustedCerts: false,
      });
      assert.ok(stdout.indexOf(token) > stdout.indexOf('##vso[task.setsecret]'));
      assert.ok(stdout.slice(0, stdout.indexOf(token)).endsWith('##vso[task.setsecret]'));
      assert.ok(!lines.join('\n').includes(token));
    });

    it('a connection of kind AzureSubscription with its namespace', async () => {
      const endpoint = azureSubscriptionEndpoint({ ...account, namespace: 'shop' });
      assert.equal((await read([endpoint])).settings.spec.namespace, 'shop');
      assert.equal((await read([endpoint], { namespace: 'mine' })).settings.spec.namespace, 'mine');
    });

    it('a connection of kind Kubeconfig, and masks each secret in it before anything shows it', async () => {
      const key = `-----BEGIN KEY-----\n${'TUlJQ3pEQ0NBYlNn'.repeat(4)}\n-----END KEY-----\n`;
      const kubeconfig = JSON.stringify({
        users: [{ name: 'u', user: { token, password: 'hunter two', 'client-key-data': base64(key) } }],
      });
      const endpoint = kubeconfigEndpoint({ kubeconfig, clusterContext: 'blue', acceptUntrustedCerts: true });
      const { settings, stdout, commands } = await read([endpoint]);
      assert.deepEqual(settings.connection, {
        kind: 'kubeconfig',
        kubeconfig,
        context: 'blue',
        acceptUntrustedCerts: true,
      });
      const masked = commands.filter(({ name }) => name === 'task.setsecret').map(({ data }) => data);
      for (const secret of [token, 'hunter two', base64(key), 'TUlJQ3pEQ0NBYlNn'.repeat(4)]) {
        assert.ok(masked.includes(secret), secret);
        assert.ok(stdout.slice(0, stdout.indexOf(secret)).endsWith('##vso[task.setsecret]'), secret);
      }
    });

    for (const { user, sent } of [
      { user: 'shop', sent: `Basic ${base64('shop:hunter two')}` },
      { user: '', sent: 'Bearer hunter two' },
    ]) {
      it(`a login of Prometheus ${user === '' ? 'without' : 'with'} a user, and masks it before anything shows it`, async () => {
        const login = genericEndpoint({ name: 'metrics', user, password: 'hunter two' });
        const { settings, stdout, lines, commands } = await read([serviceAccountEndpoint(account), login], {
          prometheusServiceConnection: 'metrics',
          prometheusHeaders: 'X-Scope-OrgID: shop\nX-Api-Key: k-1234567',
        });
        assert.deepEqual(settings.prometheusHeaders, {
          'X-Scope-OrgID': '***',
          'X-Api-Key': '***',
          Authorization: '***',
        });
        const masked = commands.filter(({ name }) => name === 'task.setsecret').map(({ data }) => data);
        for (const secret of ['hunter two', sent, base64('hunter two'), 'k-1234567'])
          assert.ok(masked.includes(secret), secret);
        assert.ok(!masked.includes('shop'), 'a tenant is no secret');
        assert.ok(stdout.slice(0, stdout.indexOf('hunter two')).endsWith('##vso[task.setsecret]'));
        assert.ok(!lines.join('\n').includes('hunter two'));
      });
    }

    it('an Azure connection beside another, and masks key and job token before anything shows them', async () => {
      const azure = azureEndpoint('https://management.example.com', {
        scheme: 'ServicePrincipal',
        key: 'k3y of the app',
      });
      const jobsOwn = jobEndpoint('https://dev.example.com/shop/', 'token-of-the-job');
      const step = await runStep({
        nodePath,
        taskDir: reading,
        inputs: { ...inputs, azureSubscriptionConnection: 'subscription' },
        endpoints: [serviceAccountEndpoint(account), azure, jobsOwn],
        variables: { 'System.Debug': 'true' },
      });
      const settings = JSON.parse(/^SETTINGS(.*)$/m.exec(step.stdout)?.[1] ?? '{}');
      assert.equal(settings.connection.kind, 'token');
      assert.deepEqual(settings.agentSide.azure, {
        kind: 'secret',
        authority: 'https://management.example.com',
        tenant,
        client,
        secret: '***',
      });
      for (const secret of ['k3y of the app', 'token-of-the-job']) {
        const at = step.stdout.indexOf(secret);
        assert.ok(step.stdout.slice(0, at).endsWith('##vso[task.setsecret]'), secret);
        assert.ok(!step.lines.join().includes(secret));
      }
    });

    it('the cluster of AKS that the inputs name, or nothing for a plan without any', async () => {
      const azure = azureEndpoint('https://management.example.com', { scheme: 'ManagedServiceIdentity' });
      const aks = {
        connectionType: 'azureResourceManager',
        kubernetesServiceConnection: '',
        azureSubscriptionConnection: 'subscription',
        azureResourceGroup: 'rg',
        kubernetesCluster: 'shop',
      };
      const { settings } = await read([azure], aks);
      assert.deepEqual(settings.connection.cluster, {
        resourceManager: 'https://management.example.com',
        subscription,
        resourceGroup: 'rg',
        name: 'shop',
        asAdmin: false,
      });
      const alone = {
        connectionType: 'azureResourceManager',
        kubernetesServiceConnection: '',
        action: 'plan',
      };
      assert.equal((await read([], alone)).settings.connection, undefined);
      const missing = await read([], {
        ...aks,
        azureSubscriptionConnection: 'nobody',
        kubeloginVersion: 'new',
      });
      assert.deepEqual(
        missing.lines.map(line => line.split(' ').slice(0, 3).join(' ')),
        ['CONNECTION_INVALID The agent', 'INPUT_INVALID Input `kubeloginVersion`'],
      );
      const workspace = await read([serviceAccountEndpoint(account)], {
        prometheus: 'https://shop.westeurope.prometheus.monitor.azure.com',
      });
      assert.match(
        workspace.lines.join(),
        /^INPUT_INVALID Input `azureSubscriptionConnection` .*Azure Monitor/,
      );
    });

    it('the proxy of the machine where the agent has none, and masks its password', async () => {
      const step = await runStep({
        nodePath,
        taskDir: reading,
        inputs,
        endpoints: [serviceAccountEndpoint(account)],
        variables: { HTTPS_PROXY: 'http://me:hunter%202@proxy.example.com:3128', NO_PROXY: '.svc' },
      });
      const { agentSide, notes } = JSON.parse(/^SETTINGS(.*)$/m.exec(step.stdout)?.[1] ?? '{}');
      assert.deepEqual(agentSide.network, {
        proxies: { https: { url: 'http://proxy.example.com:3128', authorization: '***' } },
        bypass: [],
        noProxy: '.svc',
        acceptUntrustedCerts: false,
      });
      assert.match(notes.join(), /^Servers are reached through the proxy http:\/\/proxy\.example\.com:3128,/);
      const masked = step.commands.filter(({ name }) => name === 'task.setsecret').map(({ data }) => data);
      for (const secret of ['hunter 2', base64('me:hunter 2')]) assert.ok(masked.includes(secret), secret);
    });

    it('the agent’s own proxy and certificates before those of the machine, and says what is wrong with them', async () => {
      const ask = async (variables: Readonly<Record<string, string>>) => {
        const endpoints = [serviceAccountEndpoint(account)];
        const step = await runStep({ nodePath, taskDir: reading, inputs, endpoints, variables });
        return { ...step, settings: JSON.parse(/^SETTINGS(.*)$/m.exec(step.stdout)?.[1] ?? 'null') };
      };
      const { settings } = await ask({
        'Agent.ProxyUrl': 'http://proxy.example.com:8080/',
        'Agent.ProxyBypassList': '["^https://api\\\\.", 7]',
        'Agent.SkipCertValidation': 'True',
        HTTPS_PROXY: 'http://another.example.com',
      });
      const proxy = { url: 'http://proxy.example.com:8080' };
      assert.deepEqual(settings.agentSide.network, {
        proxies: { http: proxy, https: proxy },
        bypass: ['^https://api\\.'],
        noProxy: '',
        acceptUntrustedCerts: true,
      });
      assert.match(settings.notes.join('\n'), /^Agent\.SkipCertValidation is set: /m);
      for (const [variables, expected] of [
        [
          { 'Agent.ProxyUrl': 'socks5://me:pass@proxy' },
          /proxy of the agent \(Agent\.ProxyUrl\).*found something else/,
        ],
        [{ https_proxy: 'ftp://proxy' }, /\(HTTPS_PROXY\)/],
        [
          { 'Agent.ClientCert': pem('cert.pem'), 'Agent.ClientCertKey': pem('README.md') },
          /client certificate of the agent can't be used.*Set the agent up again/,
        ],
        [{ 'Agent.CAInfo': '/none/ca.pem' }, /certificate file of the agent \(Agent\.CAInfo\).*ENOENT/],
      ] as const) {
        const { lines } = await ask(variables);
        assert.match(lines.join(), expected);
        assert.match(lines.join(), /^CONNECTION_INVALID /);
      }
    });

    it('no login of Prometheus that can not be used', async () => {
      const account = serviceAccountEndpoint({ server: 'https://cluster.example.com', token });
      for (const [user, password, found] of [
        ['shop', '', 'no password'],
        ['sh:op', 'x', 'something else'],
      ] as const) {
        const { lines } = await read([account, genericEndpoint({ name: 'metrics', user, password })], {
          prometheusServiceConnection: 'metrics',
        });
        assert.match(
          lines.join(),
          new RegExp(`^CONNECTION_INVALID The service .* found ${found}\\. Correct`),
        );
      }
      const { lines } = await read([account], { prometheusServiceConnection: 'nobody' });
      assert.match(lines.join(), /^CONNECTION_INVALID .*found nobody\. Name a Generic/);
    });

    it('booleans, lines and variables as the agent hands them over', async () => {
      const { settings, lines } = await read([serviceAccountEndpoint(account)], {
        manifests: ' a.yaml\n\n b.yaml ',
        compareToStable: 'True',
        containers: 'shop/web:$(Build.BuildId)',
      });
      assert.deepEqual(settings.spec.manifests, ['a.yaml', 'b.yaml'], lines.join('\n'));
      assert.deepEqual(settings.spec.images, [{ image: 'shop/web:42' }]);
    });

    it('no connection for a plan that names none, and one that it names', async () => {
      const without = await read([], { action: 'plan', kubernetesServiceConnection: '' });
      assert.equal(without.settings.spec.action, 'plan', without.lines.join('\n'));
      assert.equal(without.settings.connection, undefined);
      const endpoint = serviceAccountEndpoint(account);
      const named = await read([endpoint], { action: 'plan', kubernetesServiceConnection: endpoint.name });
      assert.equal(named.settings.connection.kind, 'token');
      const unknown = await read([], { action: 'plan', kubernetesServiceConnection: 'nobody' });
      assert.match(unknown.lines.join(), /^CONNECTION_INVALID/);
    });

    it('all that is wrong with inputs and connection in one go', async () => {
      const wrong = { kubernetesServiceConnection: 'nobody', pause: '5', interval: 'soon' };
      const { lines } = await read([], wrong);
      assert.deepEqual(
        lines.map(line => line.split(' ')[0]),
        ['CONNECTION_INVALID', 'INPUT_INVALID', 'INPUT_INVALID'],
      );
      assert.match(lines[0] ?? '', /found nobody/);
      const { lines: none } = await read([], { kubernetesServiceConnection: '' });
      assert.match(none.join(), /^CONNECTION_INVALID Input `kubernetesServiceConnection` is empty/);
    });
  });

  describe('the step says', () => {
    it('lines, commands and a result, and no text from outside becomes a command', async () => {
      const evil = '\\n##vso[task.setvariable variable=outcome]promoted \\u001b[31m##[error]red';
      const step = await runStep({
        nodePath,
        taskDir: probes.make(`
          import { writeFileSync } from 'node:fs';
          import { Commands } from './commands.ts';
          const evil = '${evil}';
          const commands = new Commands();
          commands.line('plain' + evil);
          commands.group('group' + evil);
          commands.endGroup();
          commands.section('section' + evil);
          commands.warning('warning' + evil);
          commands.error('error' + evil);
          commands.debug('debug' + evil);
          commands.progress(12.4, 'doing' + evil);
          commands.secret('first line\\n\\nsecond line\\n');
          commands.line('the first line and the second line');
          commands.output('reason', 'reason' + evil);
          commands.output('reportPath', 'C:\\\\temp\\\\"report".json');
          const path = process.env.AGENT_TEMPDIRECTORY + '/summary.md';
          writeFileSync(path, '# Hello');
          commands.uploadSummary(path);
          commands.attach('report', 'report.json', path);
          commands.complete('Failed', 'rolled-back: why' + evil);
        `),
      });
      const tail = ' # #vso[task.setvariable variable=outcome]promoted # #[error]red';
      assert.equal(step.stderr, '');
      assert.equal(step.result, 'Failed');
      assert.deepEqual(step.lines, [
        `plain${tail}`,
        `##[group]group${tail}`,
        '##[endgroup]',
        `##[section]section${tail}`,
        `##[warning]warning${tail}`,
        `##[error]error${tail}`,
        'the *** and the ***',
        `##[error]rolled-back: why${tail}`,
      ]);
      assert.deepEqual(step.outputVariables, {
        reason: `reason${tail}`,
        reportPath: 'C:\\temp\\"report".json',
      });
      assert.equal(step.resultText, `rolled-back: why${tail}`);
      assert.deepEqual(step.summaries, ['# Hello']);
      assert.deepEqual(step.attachments.map(({ type, name }) => [type, name])[1], ['report', 'report.json']);
      assert.deepEqual(step.progress[0], { percent: 12, doing: `doing${tail}` });
    });

    it('the outputs that task.json lists, each of which the agent lets it set', async () => {
      const { outputVariables, issues } = await runStep({
        nodePath,
        taskDir: probes.make(`
          import { Commands, outputNames } from './commands.ts';
          for (const name of outputNames) new Commands().output(name, name);
        `),
      });
      assert.deepEqual(issues, []);
      assert.deepEqual(Object.keys(outputVariables), [
        'outcome',
        'weight',
        'failedStep',
        'failedCheck',
        'reason',
        'reportPath',
        'planPath',
      ]);
    });

    it('how it ended on the first page of the run, however many errors and warnings went before', async () => {
      const { issues, lines } = await runStep({
        nodePath,
        taskDir: probes.make(`
          import { Commands } from './commands.ts';
          const commands = new Commands();
          for (let i = 1; i <= 12; i++) { commands.error('e' + i); commands.warning('w' + i); }
          commands.complete('Failed', 'the end');
        `),
      });
      assert.equal(lines.length, 25);
      assert.equal(issues.filter(({ type }) => type === 'error').at(-1)?.message, 'the end');
    });

    it('a word to its post-job entry, and takes it back', async () => {
      const say = (value: string) => `
        import { Commands } from './commands.ts';
        const commands = new Commands();
        commands.setTaskVariable('release', 'x');
        commands.setTaskVariable('release', '${value}');
      `;
      const hear = `
        import { Commands } from './commands.ts';
        console.log('heard', new Commands().taskVariable('release'));
      `;
      const heard = async (value: string) =>
        (await runJob({ nodePath, taskDir: probes.make(say(value), hear) })).postJob?.lines;
      assert.deepEqual(await heard('web'), ['heard web']);
      assert.deepEqual(await heard(''), ['heard undefined']);
    });
  });

  it('the step hears that it is cancelled, and ends by itself', async () => {
    const { postJob, main, result } = await runJob({
      nodePath,
      taskDir: probes.make(`
        import { cancelOnSignals } from './signals.ts';
        const alive = setInterval(() => {}, 1000);
        const { signal } = cancelOnSignals();
        signal.addEventListener('abort', () => { console.log(signal.reason); clearInterval(alive); });
        console.log('up');
      `),
      during: async step => {
        await step.line(/up/);
        await step.cancel();
      },
    });
    assert.deepEqual(main.lines, ['up', 'The agent sent SIGINT']);
    assert.deepEqual([main.exitCode, result, postJob?.result], [0, 'Canceled', 'Succeeded']);
  });
});
