import { randomUUID } from 'node:crypto';

/** A service connection as the service hands it to the agent (facts/azure.md 4). */
export interface Endpoint {
  readonly id: string;
  /** What a user writes into the input; the step gets the id. */
  readonly name: string;
  readonly url: string;
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

interface Common {
  readonly name?: string;
  readonly acceptUntrustedCerts?: boolean;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** A `kubernetes` connection of kind Kubeconfig. */
export function kubeconfigEndpoint(
  options: Common & { readonly kubeconfig: string; readonly clusterContext?: string },
): Endpoint {
  return {
    id: randomUUID(),
    name: options.name ?? 'cluster',
    url: 'https://ignored.example.com/',
    scheme: 'Kubernetes',
    parameters: { kubeconfig: options.kubeconfig, clusterContext: options.clusterContext ?? '' },
    data: {
      authorizationType: 'Kubeconfig',
      acceptUntrustedCerts: String(options.acceptUntrustedCerts ?? false),
    },
  };
}

interface TokenOptions extends Common {
  readonly server: string;
  /** As the API server takes it. */
  readonly token: string;
  /** PEM. */
  readonly certificate?: string;
}

/** A `kubernetes` connection of kind ServiceAccount: the fields of the account's Secret, in base64. */
export function serviceAccountEndpoint(options: TokenOptions): Endpoint {
  return {
    id: randomUUID(),
    name: options.name ?? 'cluster',
    url: options.server,
    scheme: 'Token',
    parameters: {
      apiToken: base64(options.token),
      serviceAccountCertificate: base64(options.certificate ?? ''),
    },
    data: {
      authorizationType: 'ServiceAccount',
      ...(options.acceptUntrustedCerts === undefined
        ? {}
        : { acceptUntrustedCerts: String(options.acceptUntrustedCerts) }),
    },
  };
}

/** A `kubernetes` connection of kind AzureSubscription: the service has made a service account for it. */
export function azureSubscriptionEndpoint(options: TokenOptions & { readonly namespace: string }): Endpoint {
  return {
    id: randomUUID(),
    name: options.name ?? 'cluster',
    url: options.server,
    scheme: 'Kubernetes',
    parameters: {
      azureEnvironment: 'AzureCloud',
      azureTenantId: '00000000-0000-0000-0000-000000000001',
      apiToken: base64(options.token),
      serviceAccountCertificate: base64(options.certificate ?? ''),
    },
    data: {
      authorizationType: 'AzureSubscription',
      azureSubscriptionId: '00000000-0000-0000-0000-000000000002',
      azureSubscriptionName: 'Shop',
      clusterId:
        '/subscriptions/2/resourcegroups/shop/providers/Microsoft.ContainerService/managedClusters/shop',
      namespace: options.namespace,
      clusterAdmin: 'false',
    },
  };
}

/** A `Generic` connection: what holds the login of Prometheus. */
export function genericEndpoint(options: {
  readonly name: string;
  readonly user: string;
  readonly password: string;
}): Endpoint {
  return {
    id: randomUUID(),
    name: options.name,
    url: 'https://generic.example.com/',
    scheme: 'UsernamePassword',
    parameters: { username: options.user, password: options.password },
    data: {},
  };
}
