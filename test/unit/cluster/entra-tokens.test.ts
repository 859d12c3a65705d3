import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { until } from '../../../rig/until.ts';
import type { AzureIdentity } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/azure-identity.ts';
import { EntraTokens } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/entra-tokens.ts';
import { Network } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/network.ts';
import { Secret } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';
import { AzureCloud, type AzureCloudOptions } from '../../network/azure-cloud.ts';
import { failure } from './client.ts';
import { FastClock } from './clocks.ts';
import { plainNetwork } from './plain-network.ts';
import { certificate, privateKey } from './test-server.ts';

const pem = readFileSync(new URL('../../fixtures/tls/app.pem', import.meta.url), 'utf8');
const job = {
  collection: 'shop',
  project: 'p',
  hub: 'build',
  plan: 'plan-1',
  id: 'job-1',
  token: 'job-token',
};
const oidcPath =
  '/shop/p/_apis/distributedtask/hubs/build/plans/plan-1/jobs/job-1/oidctoken?api-version=7.2-preview.1&serviceConnectionId=c';
const resource = 'https://management.example.com';

/** At the present, for assertions are compared with the clock of Entra. */
class PresentClock extends FastClock {
  readonly #start = Date.now();

  override now(): number {
    return this.#start + super.now();
  }
}

describe('tokens of Entra ID', () => {
  let cloud: AzureCloud;
  let clock: PresentClock;
  let secrets: string[];
  afterEach(async () => {
    await cloud.stop();
    assert.deepEqual(cloud.complaints, []);
  });

  async function start(options: Partial<AzureCloudOptions>): Promise<void> {
    cloud = await AzureCloud.start({ certificate: { cert: certificate, key: privateKey }, ...options });
    cloud.mayUse('c');
    clock = new PresentClock(100);
    secrets = [];
  }
  const app = () => ({ authority: cloud.url, tenant: 't', client: 'app' });
  const secret = (text = 's3cr+t &=') => ({ kind: 'secret', ...app(), secret: new Secret(text) }) as const;
  const federated = () =>
    ({
      kind: 'federated',
      ...app(),
      oidcUrl: cloud.url + oidcPath,
      jobToken: new Secret('job-token'),
    }) as const;
  const tokensOf = (identity: AzureIdentity) =>
    new EntraTokens(identity, {
      network: new Network({ ...plainNetwork, authorities: [certificate] }),
      clock,
      registerSecret: text => secrets.push(text),
    });

  it('come for a secret, registered before anybody has them', async () => {
    await start({ apps: [{ tenant: 't', client: 'app', secret: 's3cr+t &=' }] });
    const token = await tokensOf(secret()).token(resource);
    assert.deepEqual(cloud.issued, [{ token, resource, client: 'app' }]);
    assert.deepEqual(secrets, [token]);
    assert.deepEqual(cloud.asked, ['POST /t/oauth2/v2.0/token']);
  });

  it('come for a certificate, by an assertion that it has signed, a new one each time', async () => {
    await start({ apps: [{ tenant: 't', client: 'app', certificate: pem }] });
    const tokens = tokensOf({ kind: 'certificate', ...app(), pem: new Secret(pem) });
    const token = await tokens.token(resource);
    await tokens.token('https://other.example.com');
    assert.equal(cloud.issued.length, 2);
    assert.equal(secrets.at(1), token);
    assert.match(secrets[0] ?? '', /^ey[\w-]+\.ey[\w-]+\.[\w-]+$/);
  });

  it('come for a job that Azure Pipelines vouches for, anew at each exchange', async () => {
    await start({ job, apps: [{ tenant: 't', client: 'app', isFederated: true }], lifetime: 3600 });
    const tokens = tokensOf(federated());
    const first = await tokens.token(resource);
    clock.pass(3590_000);
    const second = await tokens.token(resource);
    assert.notEqual(second, first);
    assert.equal(cloud.asked.filter(asked => asked.includes('/oidctoken')).length, 2);
    assert.ok(secrets.some(text => text.startsWith('statement-')));
  });

  it('come for what the virtual machine is, one identity or one of several', async () => {
    await start({ machine: { client: 'mine' } });
    const managed = { kind: 'managed', metadataHost: cloud.metadataUrl } as const;
    await tokensOf({ ...managed, client: 'mine' }).token(resource);
    assert.deepEqual(
      cloud.issued.map(({ resource, client }) => [resource, client]),
      [[resource, 'mine']],
    );
    assert.match(
      await failure(tokensOf(managed).token(resource), 'AZURE_REFUSED'),
      /managed identity gives no token for https:\/\/management.*Identity not found\. Give the virtual machine/,
    );
  });

  it('are asked for once by all who wait, and again in time: early, while the old one serves', async () => {
    await start({ apps: [{ tenant: 't', client: 'app', secret: 's3cr+t &=' }] });
    const tokens = tokensOf(secret());
    const all = await Promise.all([1, 2, 3].map(() => tokens.token(resource)));
    assert.equal(new Set(all).size, 1);
    clock.pass(54 * 60_000);
    assert.equal(await tokens.token(resource), all[0]);
    assert.equal(cloud.issued.length, 1);
    const newer = async () => {
      const token = await tokens.token(resource);
      return token !== all[0] && token;
    };
    // Five minutes before the end nobody waits for the new one.
    clock.pass(90_000);
    assert.equal(await tokens.token(resource), all[0]);
    await until('a second token', () => cloud.issued.length === 2, { everyMs: 5 });
    assert.equal(await until('it is there', newer), cloud.issued[1]?.token);

    // Two minutes before the end one does.
    clock.pass(58 * 60_000 + 1);
    assert.equal(await tokens.token(resource), cloud.issued[2]?.token);
  });

  it('that are refused by the server are asked for anew, once for all who were refused', async () => {
    await start({ apps: [{ tenant: 't', client: 'app', secret: 's3cr+t &=' }] });
    const tokens = tokensOf(secret());
    const first = await tokens.token(resource);
    tokens.drop(resource, first);
    const second = await tokens.token(resource);
    tokens.drop(resource, first);
    assert.equal(await tokens.token(resource), second);
    assert.equal(cloud.issued.length, 2);
  });

  it('serve on while they live where Entra has trouble, and one that is over is not passed on', async () => {
    await start({ apps: [{ tenant: 't', client: 'app', secret: 's3cr+t &=' }] });
    const tokens = tokensOf(secret());
    const first = await tokens.token(resource);
    clock.pass(59 * 60_000);
    for (let i = 0; i < 5; i++) cloud.faults.push({ status: 503, body: {} });
    assert.equal(await tokens.token(resource), first);
    const asked = cloud.asked.length;
    assert.equal(await tokens.token(resource), first, 'nobody waits twice in half a minute');
    assert.equal(cloud.asked.length, asked);
    clock.pass(60_000);
    for (let i = 0; i < 5; i++) cloud.faults.push({ status: 503, body: {} });
    assert.match(
      await failure(tokens.token(resource), 'AZURE_UNREACHABLE'),
      /No answer from Entra ID \(https:\/\/127\.0\.0\.1:\d+\): found HTTP 503, 5 tries\. Let the agent reach it/,
    );
  });

  it('survive a short trouble of Entra', async () => {
    await start({ apps: [{ tenant: 't', client: 'app', secret: 's3cr+t &=' }] });
    cloud.faults.push({ status: 503, body: {} }, { status: 429, body: {} });
    assert.match(await tokensOf(secret()).token(resource), /^token-1/);
  });

  it('that are refused name the field to mend and how, and quote no secret', async () => {
    await start({
      job,
      apps: [
        { tenant: 't', client: 'expired', secret: 's3cr+t &=', secretHasExpired: true },
        { tenant: 't', client: 'app', secret: 's3cr+t &=' },
        { tenant: 't', client: 'cert', certificate },
        { tenant: 't', client: 'fed', isFederated: true },
      ],
    });
    const rows: readonly [AzureIdentity, RegExp][] = [
      [
        { ...secret(), client: 'expired' },
        /\(serviceprincipalkey, which has expired\).*AADSTS7000222: [^.]+ are expired\.\. Make a new client secret/,
      ],
      [secret('another'), /\(serviceprincipalkey\).*AADSTS7000215.*value, not its id/],
      [{ ...secret(), client: 'nobody' }, /\(serviceprincipalid\).*AADSTS700016/],
      [{ ...secret(), tenant: 'nowhere' }, /\(tenantid\).*AADSTS90002.*right cloud/],
      [
        { kind: 'certificate', ...app(), client: 'cert', pem: new Secret(pem) },
        /\(servicePrincipalCertificate\).*AADSTS700027.*Upload this very certificate/,
      ],
      [{ ...federated(), client: 'nobody' }, /\(serviceprincipalid\)/],
      [
        { ...federated(), jobToken: new Secret('stranger') },
        /Azure Pipelines does not vouch.*HTTP 401 not this job.*Permit this pipeline/,
      ],
    ];
    for (const [identity, expected] of rows) {
      const text = await failure(tokensOf(identity).token(resource), 'AZURE_REFUSED');
      assert.match(text, expected);
      assert.doesNotMatch(text, /s3cr|another|stranger|Trace ID|Correlation|eyJ|statement-/);
    }
  });
});
