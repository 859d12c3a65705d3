import type { AzureCloud } from './azure-cloud.ts';
import { demand, type Question, type Told } from './question.ts';

/** A cluster of AKS. */
export interface Aks {
  readonly subscription: string;
  readonly group: string;
  readonly name: string;
  /** Of its users, and of its administrator, who is not there where local accounts are off. */
  readonly userKubeconfig: string;
  readonly adminKubeconfig?: string;
  readonly isStopped?: boolean;
  /** Who may ask for the users' credentials and who for the administrator's, by client id. Everybody where nothing is said. */
  readonly roles?: { readonly user: readonly string[]; readonly admin: readonly string[] };
}

const route =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)(?:\/(\w+))?$/;

/** Azure Resource Manager, as far as it is about clusters of AKS. */
export function answerResourceManager(cloud: AzureCloud, question: Question): Told {
  const { headers, query, path } = question;
  const token = cloud.issued.find(one => headers.authorization === `Bearer ${one.token}`);
  if (token?.resource !== `https://${question.host}`)
    return refusal(401, 'InvalidAuthenticationToken', 'Not for us');
  demand('api-version', query['api-version'], '2024-05-01');
  const [, subscription = '', group = '', name = '', action] = (route.exec(path) ?? []).map(part =>
    part === undefined ? part : decodeURIComponent(part),
  );
  const clusters = cloud.options.clusters ?? [];
  const inSubscription = clusters.filter(one => one.subscription === subscription);
  if (inSubscription.length === 0) {
    return refusal(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
  }
  const inGroup = inSubscription.filter(one => one.group === group);
  if (inGroup.length === 0)
    return refusal(404, 'ResourceGroupNotFound', `Resource group '${group}' not found.`);
  const cluster = inGroup.find(one => one.name === name);
  if (cluster === undefined) return refusal(404, 'ResourceNotFound', `The Resource '${name}' was not found.`);
  return action === undefined
    ? look(cluster, token.client, question)
    : handOut(cluster, action, token.client, question);
}

function look({ isStopped, roles }: Aks, client: string, { method, query }: Question): Told {
  demand('method', method, 'GET');
  demand('query', Object.keys(query), ['api-version']);
  if (roles !== undefined && !roles.user.includes(client)) return forbidden(client, 'read');
  return { status: 200, body: { properties: { powerState: { code: isStopped ? 'Stopped' : 'Running' } } } };
}

function handOut(
  cluster: Aks,
  action: string,
  client: string,
  { method, query, text, headers }: Question,
): Told {
  const asAdmin = action === 'listClusterAdminCredential';
  demand('action', action, asAdmin ? action : 'listClusterUserCredential');
  demand('method', method, 'POST');
  demand('body', text, '{}');
  demand('content-type', headers['content-type'], 'application/json');
  demand('format', query.format, asAdmin ? undefined : 'exec');
  const { roles, userKubeconfig, adminKubeconfig } = cluster;
  const allowed = asAdmin ? roles?.admin : roles?.user;
  if (allowed !== undefined && !allowed.includes(client)) return forbidden(client, action);
  const kubeconfig = asAdmin ? adminKubeconfig : userKubeconfig;
  if (kubeconfig === undefined) {
    const words =
      'Getting static credential is not allowed because this cluster is set to disable local accounts.';
    return refusal(400, 'BadRequest', words);
  }
  const value = Buffer.from(kubeconfig).toString('base64');
  const others = [{ name: 'clusterMonitoringUser', value: Buffer.from('not: this').toString('base64') }];
  const kubeconfigs = [...others, { name: asAdmin ? 'clusterAdmin' : 'clusterUser', value }];
  return { status: 200, body: { kubeconfigs } };
}

function forbidden(client: string, action: string): Told {
  const words = `The client '${client}' does not have authorization to perform action 'Microsoft.ContainerService/managedClusters/${action}'.`;
  return refusal(403, 'AuthorizationFailed', words);
}

function refusal(status: number, code: string, message: string): Told {
  return { status, body: { error: { code, message } } };
}
