import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Certificate, makeCertificate } from '../../sandbox/tls/certificate.ts';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import { kubeconfigEndpoint } from '../agent/endpoints.ts';
import { ConnectProxy } from '../network/connect-proxy.ts';
import { inShop, type Shop } from './shop.ts';
import { stage } from './stage.ts';

const password = 'pa:ss wörd/1';

describe('the built step on an agent behind a proxy', function () {
  this.timeout(60_000);

  for (const [index, { major, path: nodePath }] of ensureAgentNodes().entries()) {
    // One whole release is enough; what there is to ask is asked for a plan as well.
    const isWhole = index === 0;
    const what = isWhole ? 'API server, Prometheus and webhooks' : 'API server and Prometheus';
    stage.it(
      `asks ${what} through it, trusts the agent’s authority and shows its certificate, on Node ${major}`,
      () =>
        inShop({}, async shop => {
          const [certificate, client] = [makeCertificate('hooks.example.com'), makeCertificate()];
          const hooks = await startHooks(certificate, client);
          const proxy = await ConnectProxy.start({
            user: 'me',
            password,
            servers: serversOf(shop, hooks.port),
          });
          await shop.write({ 'ca.pem': certificate.cert, 'me.pem': client.cert, 'me.key': client.key });
          const { main } = await shop
            .release({
              endpoint: behindProxy(shop),
              inputs: {
                action: isWhole ? 'run' : 'plan',
                prometheus: 'http://prometheus.example.com:9090',
                checks: '[{ name: ask, webhook: "https://hooks.example.com/ask", when: before }]',
              },
              job: {
                nodePath,
                variables: {
                  ...proxy.variables,
                  'Agent.CAInfo': join(shop.folder, 'ca.pem'),
                  'Agent.ClientCert': join(shop.folder, 'me.pem'),
                  'Agent.ClientCertKey': join(shop.folder, 'me.key'),
                  'System.Debug': 'true',
                },
                secretVariables: proxy.secretVariables,
              },
            })
            .finally(() => Promise.all([proxy.stop(), hooks.stop()]));
          const log = main.lines.join('\n');
          assert.equal(main.outputVariables.outcome, isWhole ? 'promoted' : 'planned', log);
          assert.deepEqual(
            new Set(proxy.passed),
            new Set([
              'CONNECT api.example.com:6443',
              'POST http://prometheus.example.com:9090/api/v1/query',
              ...(isWhole ? ['CONNECT hooks.example.com:443'] : []),
            ]),
          );
          assert.equal(proxy.turnedAway, 0);
          assert.deepEqual(hooks.asked, isWhole ? ['POST /ask'] : []);
          assert.match(log, /^Servers are reached through the proxy http:\/\/127\.0\.0\.1:\d+, /m);
          const basic = base64(`me:${password}`);
          for (const secret of [password, basic, encodeURIComponent(password)])
            assert.ok(!log.includes(secret));
          // The agent knows the password, and not what the header makes of it.
          const telling = main.stdout.split(/\r?\n/).filter(line => line.includes(basic));
          assert.deepEqual(
            telling.filter(line => !line.startsWith('##vso[task.setsecret]')),
            [],
          );
        }),
    );
  }

  stage.it('says that the proxy wants another login, and whose it is', () =>
    inShop({ requestsPerSecond: 1 }, async shop => {
      const proxy = await ConnectProxy.start({ user: 'me', password, servers: serversOf(shop, 0) });
      const { main } = await shop
        .release({
          endpoint: behindProxy(shop),
          job: { variables: proxy.variables, secretVariables: { 'Agent.ProxyPassword': 'another' } },
        })
        .finally(() => proxy.stop());
      assert.match(
        main.resultText,
        /^failed: CLUSTER_UNREACHABLE: .*the proxy 127\.0\.0\.1:\d+ refuses the way to api\.example\.com:6443: 407, it wants other credentials/,
      );
    }),
  );
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** By names that are in no DNS, so that nobody gets there but through the proxy. */
function serversOf({ sandbox }: Shop, hooks: number): Record<string, number> {
  return {
    'api.example.com:6443': Number(new URL(sandbox.server).port),
    'prometheus.example.com:9090': Number(new URL(sandbox.prometheusUrl).port),
    'hooks.example.com:443': hooks,
  };
}

function behindProxy({ sandbox }: Shop) {
  const kubeconfig = sandbox.kubeconfig
    .replace(sandbox.server, 'https://api.example.com:6443')
    .replace(/^(\s*)server:/m, '$1tls-server-name: localhost\n$1server:')
    .replace('"server":', '"tls-server-name":"localhost","server":');
  return kubeconfigEndpoint({ kubeconfig });
}

/** A webhook's server that lets in only who shows this certificate. */
async function startHooks({ cert, key }: Certificate, client: Certificate) {
  const asked: string[] = [];
  const server = createServer({ cert, key, ca: client.cert, requestCert: true }, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise(resolve => server.close(resolve));
  };
  return { asked, port: (server.address() as AddressInfo).port, stop };
}
