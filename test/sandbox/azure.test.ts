import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../../sandbox/tls/certificate.ts';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import { ConnectProxy } from '../network/connect-proxy.ts';
import { AzureWorld, appPem, jobToken, type ProofName, proofs } from './azure-world.ts';
import { Forger } from './forger.ts';
import { stage } from './stage.ts';

const [oldest, latest] = [ensureAgentNodes()[0], ensureAgentNodes().at(-1)];
const workspace = 'shop-1a2b.westeurope.prometheus.monitor.azure.com';
const certificate = makeCertificate(workspace);

interface Row {
  readonly what: string;
  readonly proof: ProofName;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly node: typeof oldest;
}
const rows: readonly Row[] = [
  { what: 'by a client secret', proof: 'secret', node: latest },
  { what: 'by a certificate', proof: 'certificate', node: oldest },
  { what: 'by the managed identity of the machine', proof: 'managed', node: latest },
  { what: 'by workload identity federation', proof: 'federated', node: latest },
  {
    what: 'as its administrator',
    proof: 'secret',
    inputs: { kubernetesCluster: 'local', useClusterAdmin: 'true' },
    node: oldest,
  },
];

describe('the built step connects to AKS', function () {
  this.timeout(60_000);
  let opened: Promise<AzureWorld> | undefined;
  const shared = () => {
    // Nothing is released there, so that nobody has to ask the app.
    opened ??= AzureWorld.open(certificate, { requestsPerSecond: 1 });
    return opened;
  };
  after(async () => (await opened)?.close());

  for (const { what, proof, inputs = {}, node } of rows) {
    stage.it(`${what}, on Node ${node?.major}, and no secret is told or left in a file`, async () => {
      const world = await shared();
      const { shop, cloud, connections } = world;
      const files: string[] = [];
      const { main } = await shop.release({
        version: '1.0.0',
        inputs: { ...world.inputsFor(connections[proof]), ...inputs },
        job: {
          ...world.jobFor(connections[proof]),
          ...(node && { nodePath: node.path }),
          afterMain: (_, folder) => {
            for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
              if (file.isFile()) files.push(readFileSync(join(file.parentPath, file.name), 'latin1'));
            }
          },
        },
      });
      const log = main.lines.join('\n');
      assert.equal(main.outputVariables.outcome, 'unchanged', log);
      assert.deepEqual(cloud.complaints, []);
      const secrets = [...cloud.issued.map(({ token }) => token), proofs.secret.key, jobToken];
      for (const secret of [...secrets, appPem.split('\n')[3] ?? '']) {
        assert.ok(!log.includes(secret), secret);
        assert.ok(!files.join().includes(secret), `${secret} in a file`);
        const first = main.stdout.indexOf(secret);
        if (first >= 0) assert.ok(main.stdout.slice(0, first).endsWith('##vso[task.setsecret]'), secret);
      }
    });
  }

  stage.it(
    `and to its Azure Monitor workspace, through a proxy, with tokens that are renewed all along, on Node ${oldest?.major}`,
    async () => {
      const world = await AzureWorld.open(certificate, {}, { lifetime: 4 });
      const { shop, cloud, connections } = world;
      const resource = 'https://prometheus.monitor.azure.com';
      const told: string[] = [];
      const monitor = await Forger.start({
        target: shop.sandbox.prometheusUrl,
        certificate,
        forge: ({ authorization }, ask) => {
          told.push(authorization);
          const known = cloud.issued.find(({ token }) => authorization === `Bearer ${token}`);
          return known?.resource === resource ? ask() : { status: 401, body: '' };
        },
      });
      const servers = { [`${workspace}:443`]: Number(new URL(monitor.url).port) };
      const proxy = await ConnectProxy.start({ user: 'me', password: 'pass', servers });
      const job = world.jobFor(connections.federated);
      try {
        const { main } = await shop.release({
          inputs: { ...world.inputsFor(connections.federated), prometheus: `https://${workspace}` },
          job: {
            ...job,
            variables: { ...job.variables, ...proxy.variables },
            secretVariables: proxy.secretVariables,
            ...(oldest && { nodePath: oldest.path }),
          },
        });
        assert.equal(main.outputVariables.outcome, 'promoted', main.lines.join('\n'));
        const users = new Set(shop.sandbox.state.requests.map(({ user }) => user));
        const byToken = [...users].filter(user => user.startsWith('entra-'));
        assert.ok(byToken.length > 1, `the API server was asked with several tokens: ${byToken.join()}`);
        assert.ok(new Set(told).size > 1, 'the workspace was asked with several tokens');
        const statements = cloud.asked.filter(asked => asked.endsWith('/oidctoken'));
        assert.equal(statements.length, cloud.issued.length);
        assert.deepEqual(new Set(proxy.passed), new Set([`CONNECT ${workspace}:443`]));
        assert.deepEqual(cloud.complaints, []);
      } finally {
        await Promise.all([monitor.stop(), proxy.stop(), world.close()]);
      }
    },
  );

  stage.it('and says all that is wrong with the inputs at once', async () => {
    const world = await shared();
    const { secret } = world.connections;
    const wrong = { azureResourceGroup: '', kubernetesCluster: 'a/b' };
    const { main } = await world.shop.release({
      inputs: { ...world.inputsFor(secret), ...wrong },
      job: world.jobFor(secret),
    });
    const errors = main.issues.map(({ message }) => message).join('\n');
    assert.match(
      errors,
      /INPUT_INVALID: Input `azureResourceGroup` .*Write for example `azureResourceGroup: /,
    );
    assert.match(errors, /INPUT_INVALID: Input `kubernetesCluster` .*found `a\/b`/);
  });

  stage.it('and says that Entra ID does not know the app, and what to do', async () => {
    const world = await shared();
    const { secret } = world.connections;
    const stranger = { ...secret, parameters: { ...secret.parameters, serviceprincipalid: 'nobody' } };
    const { main } = await world.shop.release({
      inputs: world.inputsFor(stranger),
      job: world.jobFor(stranger),
    });
    assert.match(
      main.resultText,
      /^failed: AZURE_REFUSED: Entra ID gives the Azure connection no token for https:\/\/127\.0\.0\.1:\d+ \(serviceprincipalid\): found HTTP 400 AADSTS700016: .* Compare it, and the tenant/,
    );
  });
});
