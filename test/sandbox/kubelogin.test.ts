import assert from 'node:assert/strict';
import { join } from 'node:path';
import { makeCertificate } from '../../sandbox/tls/certificate.ts';
import { azureEndpoint, client, jobEndpoint, tenant } from '../agent/azure-endpoint.ts';
import { kubeconfigEndpoint } from '../agent/endpoints.ts';
import { entraKubeconfig } from '../network/aks-kubeconfig.ts';
import { AzureCloud } from '../network/azure-cloud.ts';
import { ConnectProxy } from '../network/connect-proxy.ts';
import { KubeloginReleases } from '../network/kubelogin-releases.ts';
import { aksServer } from './azure-world.ts';
import { inShop, type Shop } from './shop.ts';
import { stage } from './stage.ts';

const secret = 'the-secret-of-the-kubeconfig';
const password = 'pass/word';

describe('the built step with a kubeconfig that logs in by kubelogin', function () {
  this.timeout(60_000);

  stage.it('fetches it once where the agent has none, and gives it secret and proxy by its environment', () =>
    inShop({ requestsPerSecond: 1 }, async shop => {
      const certificate = makeCertificate('github.com', 'objects.example.com');
      const releases = await KubeloginReleases.start(certificate, '0.2.10', programFor(shop));
      const proxy = await ConnectProxy.start({ user: 'me', password, servers: releases.servers });
      await shop.write({ 'ca.pem': certificate.cert });
      const kubeconfig = entraKubeconfig(shop.sandbox.server, shop.sandbox.caData).replace(
        '"devicecode"',
        `"spn","--client-secret","${secret}"`,
      );
      const release = () =>
        shop.release({
          version: '1.0.0',
          endpoint: kubeconfigEndpoint({ kubeconfig }),
          inputs: { kubeloginVersion: 'v0.2.10' },
          job: {
            variables: {
              ...proxy.variables,
              'Agent.CAInfo': join(shop.folder, 'ca.pem'),
              'Agent.ToolsDirectory': join(shop.folder, 'tools'),
              // Nobody's own kubelogin.
              PATH: shop.folder,
            },
            secretVariables: proxy.secretVariables,
          },
        });
      try {
        const { main } = await release();
        const log = main.lines.join('\n');
        assert.equal(main.outputVariables.outcome, 'unchanged', log);
        assert.match(
          log,
          /^kubelogin 0\.2\.10 was fetched from https:\/\/github\.com\/Azure\/kubelogin\/releases/m,
        );
        assert.ok(!log.includes(secret) && !log.includes(password));
        assert.equal(releases.asked.length, 4);
        const again = await release();
        assert.equal(again.main.outputVariables.outcome, 'unchanged', again.main.lines.join('\n'));
        assert.equal(releases.asked.length, 4, 'the second time it is there');
      } finally {
        await Promise.all([proxy.stop(), releases.stop()]);
      }
    }),
  );

  stage.it('needs none where an Azure connection is named, and says so where none is', () =>
    inShop({ requestsPerSecond: 1 }, async shop => {
      const certificate = makeCertificate();
      const apps = [{ tenant, client, secret: 'key' }];
      const tokens = { [aksServer]: [shop.sandbox.token] };
      const cloud = await AzureCloud.start({ certificate, apps, tokens });
      await shop.write({ 'ca.pem': certificate.cert });
      const cluster = kubeconfigEndpoint({
        kubeconfig: entraKubeconfig(shop.sandbox.server, shop.sandbox.caData),
      });
      const azure = azureEndpoint(cloud.url, { scheme: 'ServicePrincipal', key: 'key' });
      const release = (inputs: Readonly<Record<string, string>>) =>
        shop.release({
          version: '1.0.0',
          endpoint: cluster,
          inputs,
          job: {
            endpoints: [cluster, azure, jobEndpoint(cloud.url, 'job')],
            variables: { 'Agent.CAInfo': join(shop.folder, 'ca.pem') },
          },
        });
      try {
        const { main } = await release({ azureSubscriptionConnection: azure.id });
        assert.equal(main.outputVariables.outcome, 'unchanged', main.lines.join('\n'));
        const without = await release({});
        assert.match(
          without.main.resultText,
          /^failed: CONNECTION_INVALID: The kubeconfig logs in to Entra ID by asking a person.*`azureSubscriptionConnection`/,
        );
      } finally {
        await cloud.stop();
      }
      assert.deepEqual(cloud.complaints, []);
    }),
  );
});

/** A program that gives the token only to who calls it as kubelogin is to be called. */
function programFor({ sandbox }: Shop): string {
  return `#!/bin/sh
case "$*" in
  *secret*) echo 'a secret among the arguments' >&2; exit 1;;
  'get-token --environment AzurePublicCloud --server-id ${aksServer} --client-id '*' --login spn') ;;
  *) echo "arguments $*" >&2; exit 1;;
esac
[ "$AAD_SERVICE_PRINCIPAL_CLIENT_SECRET" = '${secret}' ] || { echo 'no secret' >&2; exit 1; }
case "$HTTPS_PROXY" in
  http://me:${encodeURIComponent(password)}@127.0.0.1:*) ;;
  *) echo 'no proxy' >&2; exit 1;;
esac
echo '{"kind":"ExecCredential","status":{"token":"${sandbox.token}"}}'
`;
}
