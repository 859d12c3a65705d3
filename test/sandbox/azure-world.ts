import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, makeCertificate } from '../../sandbox/tls/certificate.ts';
import {
  type AzureProof,
  azureEndpoint,
  client,
  jobEndpoint,
  subscription,
  tenant,
} from '../agent/azure-endpoint.ts';
import type { Endpoint } from '../agent/endpoints.ts';
import type { JobOptions } from '../agent/test-agent.ts';
import { entraKubeconfig, localKubeconfig } from '../network/aks-kubeconfig.ts';
import { AzureCloud, type AzureCloudOptions } from '../network/azure-cloud.ts';
import { Shop } from './shop.ts';

export const appPem = readFileSync(new URL('../fixtures/tls/app.pem', import.meta.url), 'utf8');
export const aksServer = '6dae42f8-4368-4678-94ff-3960e28e3630';
/** What the API server of the world lets in, by turns: each of a user of its own. */
export const entraTokens = [
  'entra-token-1',
  'entra-token-2',
  'entra-token-3',
  'entra-token-4',
  'entra-token-5',
];
const variables = {
  'System.TeamProjectId': '00000000-0000-0000-0000-0000000000f1',
  'System.PlanId': '00000000-0000-0000-0000-0000000000f2',
  'System.JobId': '00000000-0000-0000-0000-00000000000a',
  'System.HostType': 'build',
};
const jobToken = 'the-token-of-the-job';

export const proofs = {
  secret: { scheme: 'ServicePrincipal', key: 's3cret & more' },
  certificate: { scheme: 'ServicePrincipal', certificate: appPem },
  managed: { scheme: 'ManagedServiceIdentity', client: 'the-machine' },
  federated: { scheme: 'WorkloadIdentityFederation' },
} as const satisfies Record<string, AzureProof>;

/** The sample app on clusters of AKS: `entra`, which takes tokens of Entra ID, and `local`. */
export class AzureWorld {
  private constructor(
    readonly shop: Shop,
    readonly cloud: AzureCloud,
    readonly connection: Endpoint,
  ) {}

  static async open(
    proof: AzureProof,
    certificate: Certificate = makeCertificate(),
    more: Partial<AzureCloudOptions> = {},
  ): Promise<AzureWorld> {
    const users = entraTokens.map((token, index) => ({ name: `entra-${index + 1}`, token }));
    const shop = await Shop.open({ users });
    const { server, caData, token } = shop.sandbox;
    const cluster = { subscription, group: 'shop-rg' };
    const local = localKubeconfig(server, caData, 'nobody');
    const connection = azureEndpoint('https://cloud', proof);
    const cloud = await AzureCloud.start({
      certificate,
      apps: [
        {
          tenant,
          client,
          ...('key' in proof && { secret: proof.key }),
          ...('certificate' in proof && { certificate: appPem }),
          isFederated: proof.scheme === 'WorkloadIdentityFederation',
        },
      ],
      machine: { client: 'the-machine' },
      job: {
        collection: 'shop',
        project: variables['System.TeamProjectId'],
        hub: 'build',
        plan: variables['System.PlanId'],
        id: variables['System.JobId'],
        token: jobToken,
        connection: connection.id,
      },
      clusters: [
        { ...cluster, name: 'entra', userKubeconfig: entraKubeconfig(server, caData) },
        {
          ...cluster,
          name: 'local',
          userKubeconfig: local,
          adminKubeconfig: localKubeconfig(server, caData, token),
        },
      ],
      tokens: { [aksServer]: entraTokens },
      ...more,
    });
    await shop.write({ 'ca.pem': certificate.cert });
    const here = {
      url: `${cloud.url}/`,
      data: { ...connection.data, activeDirectoryAuthority: `${cloud.url}/` },
    };
    return new AzureWorld(shop, cloud, { ...connection, ...here });
  }

  /** What the step is told besides the connection. */
  get inputs(): Readonly<Record<string, string>> {
    return {
      connectionType: 'azureResourceManager',
      kubernetesServiceConnection: '',
      azureSubscriptionConnection: this.connection.id,
      azureResourceGroup: 'shop-rg',
      kubernetesCluster: 'entra',
    };
  }

  get job(): Pick<JobOptions, 'endpoints' | 'variables'> {
    const collection = `${this.cloud.url}/shop/`;
    return {
      endpoints: [this.connection, jobEndpoint(collection, jobToken)],
      variables: {
        ...variables,
        'System.CollectionUri': collection,
        'Agent.CAInfo': join(this.shop.folder, 'ca.pem'),
        AZURE_POD_IDENTITY_AUTHORITY_HOST: this.cloud.metadataUrl,
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.cloud.stop(), this.shop.close()]);
  }
}
