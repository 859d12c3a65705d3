import assert from 'node:assert/strict';
import { makeCertificate } from '../../sandbox/tls/certificate.ts';
import { ensureAgentNodes } from '../agent/agent-nodes.ts';
import type { RunningStep } from '../agent/test-agent.ts';
import { base64, connectionRows, kubeconfigOf } from './connection-rows.ts';
import { ConnectionWorld, waryToken } from './connection-world.ts';
import { Forger } from './forger.ts';
import { inShop } from './shop.ts';
import { stage } from './stage.ts';

describe('the built step connects', function () {
  this.timeout(60_000);
  let opened: Promise<ConnectionWorld> | undefined;
  after(async () => (await opened)?.close());

  for (const { major, path: nodePath } of ensureAgentNodes()) {
    for (const { what, connection, inputs = {}, namespace = 'default', byKey } of connectionRows) {
      stage.it(`by ${what}, on Node ${major}`, async () => {
        opened ??= ConnectionWorld.open();
        const world = await opened;
        const { main } = await world.shop.release({
          version: '1.0.0',
          endpoint: connection(world),
          inputs,
          job: { nodePath },
        });
        const log = main.lines.join('\n');
        assert.equal(main.outputVariables.outcome, 'unchanged', log);
        assert.ok(main.lines.includes(`##[section]Nothing to release: sample-app in ${namespace}`), log);
        const secret = byKey ? (world.client.key.split('\n')[1] ?? '') : world.shop.sandbox.token;
        isMaskedBeforeUse(main.stdout, secret);
      });
    }
  }

  const strangers = [
    {
      kind: 'a kubeconfig',
      connection: (world: ConnectionWorld, authority: string) =>
        kubeconfigOf(world, { 'certificate-authority-data': base64(authority) }, { token: waryToken }),
    },
    {
      kind: 'a service account',
      connection: ({ shop }: ConnectionWorld, certificate: string) =>
        shop.connection({ token: waryToken, certificate }),
    },
  ];
  for (const { kind, connection } of strangers) {
    stage.it(
      `to no server that is of another authority than that of ${kind}, and shows it no token`,
      async () => {
        opened ??= ConnectionWorld.open();
        const world = await opened;
        const { main } = await world.shop.release({ endpoint: connection(world, makeCertificate().cert) });
        const { server, state } = world.shop.sandbox;
        const start = `failed: CLUSTER_UNREACHABLE: The API server ${server} is not trusted: `;
        assert.ok(main.resultText.startsWith(start), main.resultText);
        assert.deepEqual(
          state.requests.filter(({ user }) => user === 'wary'),
          [],
        );
      },
    );
  }

  stage.it(
    'no more once its token has expired, leaves the canary and says so; and the next run takes it back',
    () =>
      inShop({}, async shop => {
        let expired = false;
        const certificate = makeCertificate();
        const unauthorized = { kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized' };
        const door = await Forger.start({
          target: shop.sandbox.server,
          certificate,
          forge: (_, ask) => (expired ? { status: 401, body: JSON.stringify(unauthorized) } : ask()),
        });
        const during = async (step: RunningStep) => {
          await step.line(/^ {2}weight +50 %/);
          expired = true;
        };
        const endpoint = shop.connection({ server: door.url, certificate: certificate.cert });
        const before = shop.everything();
        const { main, postJob } = await shop
          .release({ endpoint, job: { during } })
          .finally(() => door.stop());
        assert.equal(main.result, 'Failed');
        assert.equal(main.outputVariables.weight, '50');
        assert.match(
          main.resultText,
          /^failed: The canary still gets 50 % of the requests, which could not be taken off it: .* found 401 Unauthorized: Unauthorized\. Renew the token or certificate of the service connection$/,
        );
        assert.match(postJob?.lines.join('\n') ?? '', /could not be taken back and may still have users/);

        // A retry of the same attempt, for which nobody waits: the first has ended.
        const next = await shop.release({ version: '2.0.0-never-ready', inputs: { rolloutTimeout: '1s' } });
        const log = next.main.lines.join('\n');
        assert.match(
          log,
          /^##\[section\]Rolling back: an earlier run left its canary behind \(Shop 20261121\.3/m,
        );
        assert.equal(next.main.outputVariables.weight, '0', log);
        assert.deepEqual(shop.everything(), before);
      }),
  );
});

function isMaskedBeforeUse(stdout: string, secret: string): void {
  const lines = stdout.split(/\r?\n/);
  const telling = lines.filter(line => line.includes(secret));
  assert.notEqual(telling.length, 0);
  for (const line of telling) assert.ok(line.startsWith('##vso[task.setsecret]'), line);
  const used = lines.findIndex(line => line.startsWith('Cluster https://'));
  assert.ok(lines.indexOf(telling[0] ?? '') < used, 'masked before the API server has answered');
}
