import assert from 'node:assert/strict';
import type { AksCluster } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/azure-identity.ts';
import {
  type Connection,
  openConnection,
} from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/connection.ts';
import { EntraTokens } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/entra-tokens.ts';
import { Network } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/network.ts';
import { Secret } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/secret.ts';
import { entraKubeconfig, localKubeconfig } from '../../network/aks-kubeconfig.ts';
import { AzureCloud } from '../../network/azure-cloud.ts';
import type { Aks } from '../../network/azure-resource-manager.ts';
import { failure } from './client.ts';
import { FastClock } from './clocks.ts';
import { plainNetwork } from './plain-network.ts';
import { certificate, privateKey } from './test-server.ts';

const caData = Buffer.from(certificate).toString('base64');
const server = 'https://127.0.0.1:6443';
const serverId = '00000000-0000-0000-0000-00000000a115';
const apps = ['app', 'guest', 'user'].map(client => ({ tenant: 't', client, secret: 'secret' }));
const roles = { user: ['app', 'user'], admin: ['app'] };
const shop = { subscription: 's', group: 'shop rg', roles };
const clusters: readonly Aks[] = [
  {
    ...shop,
    name: 'entra',
    userKubeconfig: entraKubeconfig(server, caData, serverId),
  },
  {
    ...shop,
    name: 'local',
    userKubeconfig: localKubeconfig(server, caData, 'token-of-user'),
    adminKubeconfig: localKubeconfig(server, caData, 'token-of-admin'),
  },
  { ...shop, name: 'stopped', userKubeconfig: localKubeconfig(server, caData, 'x'), isStopped: true },
];

describe('a cluster of AKS', () => {
  let cloud: AzureCloud;
  before(async () => {
    cloud = await AzureCloud.start({ certificate: { cert: certificate, key: privateKey }, apps, clusters });
  });
  after(async () => {
    await cloud.stop();
    assert.deepEqual(cloud.complaints, []);
  });

  interface Wanted extends Partial<AksCluster> {
    readonly client?: string;
  }
  function open({ client = 'app', ...wanted }: Wanted): Promise<Connection> {
    const clock = new FastClock(100);
    const network = new Network({ ...plainNetwork, authorities: [certificate] });
    const identity = {
      kind: 'secret',
      authority: cloud.url,
      tenant: 't',
      client,
      secret: new Secret('secret'),
    } as const;
    const registerSecret = () => {};
    const azure = new EntraTokens(identity, { network, clock, registerSecret });
    const cluster = {
      resourceManager: cloud.url,
      subscription: 's',
      resourceGroup: 'shop rg',
      name: 'entra',
      asAdmin: false,
      ...wanted,
    };
    return openConnection(
      { kind: 'aks', cluster },
      { registerSecret, now: () => clock.now(), network, azure },
    );
  }
  const authorizationOf = async (connection: Connection) =>
    (await connection.credentials.current()).headers.authorization;

  it('with Entra ID is asked with a token for its own app, that no kubelogin had to fetch, and with a new one where it is refused', async () => {
    const { credentials, ...connection } = await open({});
    assert.equal(connection.server, server);
    assert.deepEqual(connection.trust, { ca: certificate, rejectUnauthorized: true });
    const first = await credentials.current();
    const issued = cloud.issued.at(-1);
    assert.equal(issued?.resource, serverId);
    assert.deepEqual(first.headers, { authorization: `Bearer ${issued?.token}` });
    assert.equal(credentials.refuse(first), true);
    assert.notDeepEqual((await credentials.current()).headers, first.headers);
  });

  it('with local accounts is asked as its user, or as its administrator', async () => {
    assert.equal(await authorizationOf(await open({ name: 'local' })), 'Bearer token-of-user');
    const admin = await open({ name: 'local', asAdmin: true });
    assert.equal(await authorizationOf(admin), 'Bearer token-of-admin');
  });

  it('that can not be had says which input or role is to be mended', async () => {
    for (const [wanted, expected] of [
      [
        { name: 'gone' },
        /AKS cluster gone in resource group shop rg: .*ResourceNotFound.*`kubernetesCluster`/,
      ],
      [{ resourceGroup: 'gone' }, /ResourceGroupNotFound.*Correct `azureResourceGroup`/],
      [
        { subscription: 'gone' },
        /SubscriptionNotFound.*Correct the subscription of `azureSubscriptionConnection`/,
      ],
      [
        { client: 'guest' },
        /AuthorizationFailed.*"Azure Kubernetes Service Cluster User Role" on the cluster/,
      ],
      [{ client: 'user', name: 'local', asAdmin: true }, /"Azure Kubernetes Service Cluster Admin Role"/],
      [{ asAdmin: true }, /no local accounts: leave `useClusterAdmin` out/],
      [{ name: 'stopped' }, /stopped.*az aks start --resource-group shop rg --name stopped/],
    ] as const) {
      assert.match(await failure(open(wanted), 'AZURE_REFUSED'), expected);
    }
  });
});
