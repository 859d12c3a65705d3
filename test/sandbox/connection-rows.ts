import { azureSubscriptionEndpoint, type Endpoint, kubeconfigEndpoint } from '../agent/endpoints.ts';
import type { ConnectionWorld } from './connection-world.ts';

/** A way to connect. The step's manifests are of version 1.0.0, which already runs. */
export interface ConnectionRow {
  readonly what: string;
  readonly connection: (world: ConnectionWorld) => Endpoint;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Where it releases; `default` where nothing is said. */
  readonly namespace?: string;
  /** The token is not what it proves itself by. */
  readonly byKey?: true;
}

export const connectionRows: readonly ConnectionRow[] = [
  {
    what: 'a kubeconfig, in its current context',
    connection: ({ shop }) => kubeconfigEndpoint({ kubeconfig: shop.sandbox.kubeconfig }),
  },
  {
    what: 'a kubeconfig, in the context that the connection chooses, with its namespace',
    connection: world => kubeconfigOf(world, {}, {}, { clusterContext: 'chosen' }),
    namespace: 'shop',
  },
  {
    what: 'a kubeconfig of files',
    connection: world =>
      kubeconfigOf(
        world,
        { 'certificate-authority-data': undefined, 'certificate-authority': world.file('ca.pem') },
        { token: undefined, tokenFile: world.file('token') },
      ),
    namespace: 'shop',
  },
  {
    what: 'a kubeconfig with a client certificate',
    connection: world =>
      kubeconfigOf(
        world,
        { server: world.door.url, 'certificate-authority-data': base64(world.doorCertificate) },
        {
          token: undefined,
          'client-certificate-data': base64(world.client.cert),
          'client-key-data': base64(world.client.key),
        },
      ),
    namespace: 'shop',
    byKey: true,
  },
  {
    what: 'a kubeconfig with a client certificate in files',
    connection: world =>
      kubeconfigOf(
        world,
        {
          server: world.door.url,
          'certificate-authority-data': undefined,
          'certificate-authority': world.file('door.pem'),
        },
        {
          token: undefined,
          'client-certificate': world.file('client.pem'),
          'client-key': world.file('client.key'),
        },
      ),
    namespace: 'shop',
    byKey: true,
  },
  {
    what: 'a kubeconfig without a certificate authority, where anybody is to be trusted',
    connection: world =>
      kubeconfigOf(world, { 'certificate-authority-data': undefined }, {}, { acceptUntrustedCerts: true }),
    namespace: 'shop',
  },
  { what: 'a service account', connection: ({ shop }) => shop.connection() },
  {
    what: 'a service account whose token and certificate were pasted as they are',
    connection: ({ shop }) => {
      const { token, caData } = shop.sandbox;
      const certificate = Buffer.from(caData, 'base64').toString('utf8');
      const parameters = { apiToken: token, serviceAccountCertificate: certificate };
      return { ...shop.connection(), parameters };
    },
  },
  {
    what: 'a service account without a certificate, where anybody is to be trusted',
    connection: ({ shop }) => shop.connection({ certificate: '', acceptUntrustedCerts: true }),
  },
  { what: 'an Azure subscription, with its namespace', connection: subscription, namespace: 'shop' },
  {
    what: 'an Azure subscription, in the namespace of the input',
    connection: subscription,
    inputs: { namespace: 'default' },
  },
  {
    what: 'an Azure subscription, in the namespace of the manifests',
    connection: subscription,
    inputs: { manifests: 'here' },
  },
];

type Fields = Readonly<Record<string, unknown>>;

/** With a context whose cluster is gone, and one, the current unless told, with these fields of cluster and user. */
export function kubeconfigOf(
  { shop: { sandbox } }: ConnectionWorld,
  cluster: Fields = {},
  user: Fields = {},
  options: { readonly clusterContext?: string; readonly acceptUntrustedCerts?: boolean } = {},
): Endpoint {
  const { server, token, caData } = sandbox;
  const gone = { server: 'https://127.0.0.1:1' };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': options.clusterContext === undefined ? 'chosen' : 'gone',
    contexts: [
      { name: 'gone', context: { cluster: 'gone', user: 'admin' } },
      { name: 'chosen', context: { cluster: 'here', user: 'admin', namespace: 'shop' } },
    ],
    clusters: [
      { name: 'gone', cluster: gone },
      { name: 'here', cluster: { server, 'certificate-authority-data': caData, ...cluster } },
    ],
    users: [{ name: 'admin', user: { token, ...user } }],
  };
  return kubeconfigEndpoint({ kubeconfig: JSON.stringify(kubeconfig), ...options });
}

function subscription({ shop: { sandbox } }: ConnectionWorld): Endpoint {
  const { server, token, caData } = sandbox;
  const certificate = Buffer.from(caData, 'base64').toString('utf8');
  return azureSubscriptionEndpoint({ server, token, certificate, namespace: 'shop' });
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
