import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../../sandbox/tls/certificate.ts';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import type { AzureProof } from '../agent/azure-endpoint.ts';
import type { AzureCloudOptions } from '../network/azure-cloud.ts';
import { ConnectProxy } from '../network/connect-proxy.ts';
import { AzureWorld, appPem, proofs } from './azure-world.ts';
import { Forger } from './forger.ts';
import { stage } from './stage.ts';

const [oldest, latest] = [ensureAgentNodes()[0], ensureAgentNodes().at(-1)];
const workspace = 'shop-1a2b.westeurope.prometheus.monitor.azure.com';
const certificate = makeCertificate(workspace);

describe('the built step connects to AKS', function () {
  this.timeout(60_000);

  const inWorld = async (
    proof: AzureProof,
    scenario: (world: AzureWorld) => Promise<void>,
    more: Partial<AzureCloudOptions> = {},
  ) => {
    const world = await AzureWorld.open(proof, certificate, more);
    await scenario(world).finally(() => world.close());
    assert.deepEqual(world.cloud.complaints, []);
  };

  for (const { what, proof, inputs = {}, node } of [
    { what: 'by a client secret', proof: proofs.secret, node: latest },
    { what: 'by a certificate', proof: proofs.certificate, node: oldest },
    { what: 'by the managed identity of the machine', proof: proofs.managed, node: latest },
    { what: 'by workload identity federation', proof: proofs.federated, node: latest },
    {
      what: 'as its administrator',
      proof: proofs.secret,
      inputs: { kubernetesCluster: 'local', useClusterAdmin: 'true' },
      node: oldest,
    },
  ]) {
    stage.it(`${what}, on Node ${node?.major}`, () =>
      inWorld(proof, async ({ shop, cloud, inputs: own, job }) => {
        const files: string[] = [];
        const { main } = await shop.release({
          version: '1.0.0',
          inputs: { ...own, ...inputs },
          job: {
            ...job,
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
        const secrets = [...cloud.issued.map(({ token }) => token), 's3cret & more', 'the-token-of-the-job'];
        for (const secret of [...secrets, appPem.split('\n')[3] ?? '']) {
          assert.ok(!log.includes(secret), secret);
          assert.ok(!files.join().includes(secret), `${secret} in a file`);
          const first = main.stdout.indexOf(secret);
          if (first >= 0) assert.ok(main.stdout.slice(0, first).endsWith('##vso[task.setsecret]'), secret);
        }
      }),
    );
  }

  stage.it(
    `and to its Azure Monitor workspace, through a proxy, with tokens that are renewed all along, on Node ${oldest?.major}`,
    () =>
      inWorld(
        proofs.federated,
        async ({ shop, cloud, inputs, job }) => {
          const resource = 'https://prometheus.monitor.azure.com';
          const told: string[] = [];
          const monitor = await Forger.start({
            target: shop.sandbox.prometheusUrl,
            certificate,
            forge: ({ authorization }, ask) => {
              told.push(authorization);
              const known = cloud.issued.some(
                one => authorization === `Bearer ${one.token}` && one.resource === resource,
              );
              return known ? ask() : { status: 401, body: '' };
            },
          });
          const proxy = await ConnectProxy.start({
            user: 'me',
            password: 'pass',
            servers: { [`${workspace}:443`]: Number(new URL(monitor.url).port) },
          });
          const { main } = await shop
            .release({
              inputs: { ...inputs, prometheus: `https://${workspace}` },
              job: {
                ...job,
                variables: { ...job.variables, ...proxy.variables },
                secretVariables: proxy.secretVariables,
                ...(oldest && { nodePath: oldest.path }),
              },
            })
            .finally(() => Promise.all([monitor.stop(), proxy.stop()]));
          assert.equal(main.outputVariables.outcome, 'promoted', main.lines.join('\n'));
          const users = new Set(shop.sandbox.state.requests.map(({ user }) => user));
          assert.ok(users.has('entra-1') && users.has('entra-2'), [...users].join());
          assert.ok(new Set(told).size > 1, 'the workspace was asked with several tokens');
          const exchanges = cloud.issued.length;
          assert.equal(cloud.asked.filter(asked => asked.endsWith('/oidctoken')).length, exchanges);
          assert.deepEqual(new Set(proxy.passed), new Set([`CONNECT ${workspace}:443`]));
        },
        { lifetime: 4 },
      ),
  );

  stage.it('and says all that is wrong before it asks anybody', () =>
    inWorld(proofs.secret, async ({ shop, cloud, inputs, job }) => {
      const { main } = await shop.release({
        inputs: {
          ...inputs,
          azureResourceGroup: '',
          kubernetesCluster: 'a/b',
          prometheus: `https://${workspace}`,
        },
        job,
      });
      const errors = main.issues.map(({ message }) => message).join('\n');
      assert.match(
        errors,
        /INPUT_INVALID: Input `azureResourceGroup` .*Write for example `azureResourceGroup: shop-rg`/,
      );
      assert.match(errors, /INPUT_INVALID: Input `kubernetesCluster` .*found `a\/b`/);
      assert.deepEqual(cloud.asked, []);
    }),
  );

  stage.it('and says that the secret of the connection is wrong, and what to do', () =>
    inWorld(
      proofs.secret,
      async ({ shop, inputs, job }) => {
        const { main } = await shop.release({ inputs, job });
        assert.match(
          main.resultText,
          /^failed: AZURE_REFUSED: Entra ID gives the Azure connection no token for https:\/\/127\.0\.0\.1:\d+ \(serviceprincipalid\): found HTTP 400 AADSTS700016: .* Compare it, and the tenant/,
        );
      },
      { apps: [{ tenant: '00000000-0000-0000-0000-0000000000e1', client: 'another', secret: 'x' }] },
    ),
  );
});
