import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxOptions } from '../../sandbox/sandbox.ts';
import type { Certificate } from '../../sandbox/tls/certificate.ts';
import {
  type AzureProof,
  azureEndpoint,
  jobEndpoint,
  subscription,
  tenant,
} from '../agent/azure-endpoint.ts';
import type { Endpoint } from '../agent/endpoints.ts';
import type { JobOptions } from '../agent/test-agent.ts';
import { entraKubeconfig, localKubeconfig } from '../network/aks-kubeconfig.ts';
import { AzureCloud, type AzureCloudOptions, type Job } from '../network/azure-cloud.ts';
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
export const jobToken = 'the-token-of-the-job';

export const proofs = {
  secret: { scheme: 'ServicePrincipal', key: 's3cret & more' },
  certificate: { scheme: 'ServicePrincipal', certificate: appPem },
  managed: { scheme: 'ManagedServiceIdentity', client: 'the-machine' },
  federated: { scheme: 'WorkloadIdentityFederation' },
} as const satisfies Record<string, AzureProof>;

export type ProofName = keyof typeof proofs;

/** The sample app on clusters of AKS: `entra`, which takes tokens of Entra ID, and `local`; and a connection by each proof. */
export class AzureWorld {
  private constructor(
    readonly shop: Shop,
    readonly cloud: AzureCloud,
    readonly connections: Readonly<Record<ProofName, Endpoint>>,
  ) {}

  static async open(
    certificate: Certificate,
    sandbox: SandboxOptions = {},
    more: Partial<AzureCloudOptions> = {},
  ): Promise<AzureWorld> {
    const users = entraTokens.map((token, index) => ({ name: `entra-${index + 1}`, token }));
    const shop = await Shop.open({ users, ...sandbox });
    const { server, caData, token } = shop.sandbox;
    const cluster = { subscription, group: 'shop-rg' };
    const local = localKubeconfig(server, caData, 'nobody');
    const job: Job = {
      collection: 'shop',
      project: variables['System.TeamProjectId'],
      hub: 'build',
      plan: variables['System.PlanId'],
      id: variables['System.JobId'],
      token: jobToken,
    };
    const cloud = await AzureCloud.start({
      certificate,
      apps: [
        { tenant, client: 'app-secret', secret: proofs.secret.key },
        { tenant, client: 'app-certificate', certificate: appPem },
        { tenant, client: 'app-federated', isFederated: true },
      ],
      machine: { client: proofs.managed.client },
      job,
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
    const by = (name: ProofName) => azureEndpoint(cloud.url, proofs[name], `app-${name}`);
    const connections = {
      secret: by('secret'),
      certificate: by('certificate'),
      managed: by('managed'),
      federated: by('federated'),
    };
    cloud.mayUse(connections.federated.id);
    await shop.write({ 'ca.pem': certificate.cert });
    return new AzureWorld(shop, cloud, connections);
  }

  /** What the step is told to come to `entra` by a connection. */
  inputsFor({ id }: Endpoint): Readonly<Record<string, string>> {
    return {
      connectionType: 'azureResourceManager',
      kubernetesServiceConnection: '',
      azureSubscriptionConnection: id,
      azureResourceGroup: 'shop-rg',
      kubernetesCluster: 'entra',
    };
  }

  jobFor(connection: Endpoint): Pick<JobOptions, 'endpoints' | 'variables'> {
    const collection = `${this.cloud.url}/shop/`;
    return {
      endpoints: [connection, jobEndpoint(collection, jobToken)],
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
