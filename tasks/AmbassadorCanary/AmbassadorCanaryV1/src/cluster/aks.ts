import { CanaryError } from '../release/errors.ts';
import { asRecords, valueAt } from '../release/kube-object.ts';
import { type AzureAnswer, wordsOf } from './azure-http.ts';
import type { AksCluster } from './azure-identity.ts';
import type { EntraTokens } from './entra-tokens.ts';

const apiVersion = '2024-05-01';

/**
 * The kubeconfig of a cluster, from Azure Resource Manager: that of its users, whose login a cluster with Entra ID leaves to
 * kubelogin, or of its administrator. Rejects with `AZURE_REFUSED`, naming the input or role to mend, or `AZURE_UNREACHABLE`.
 */
export async function aksKubeconfig(cluster: AksCluster, azure: EntraTokens): Promise<string> {
  const { asAdmin } = cluster;
  const action = asAdmin ? 'listClusterAdminCredential' : 'listClusterUserCredential';
  const asking = asAdmin ? {} : { format: 'exec' };
  // Of a cluster that is stopped the credentials are there all the same. Who may not look at it finds out later.
  const [answer, itself] = await Promise.all([
    ask(cluster, azure, 'POST', `/${action}`, asking),
    ask(cluster, azure, 'GET', '', {}).catch(() => undefined),
  ]);
  if (answer.status !== 200) throw refusal(cluster, action, answer);
  if (itself?.status === 200) refuseStopped(cluster, itself.body);
  const name = asAdmin ? 'clusterAdmin' : 'clusterUser';
  const all = asRecords(valueAt(answer.body, 'kubeconfigs'));
  const { value } = all.find(one => one.name === name) ?? all[0] ?? {};
  if (typeof value === 'string' && value !== '') return Buffer.from(value, 'base64').toString('utf8');
  throw new CanaryError('AZURE_REFUSED', `Azure hands out no credentials of ${described(cluster)}`, {
    expected: `a kubeconfig of ${name}`,
    found: 'none',
    hint: asAdmin ? 'Leave `useClusterAdmin` out' : 'Is the cluster still being made?',
  });
}

async function ask(
  { resourceManager, subscription, resourceGroup, name }: AksCluster,
  azure: EntraTokens,
  method: 'GET' | 'POST',
  action: string,
  query: Readonly<Record<string, string>>,
): Promise<AzureAnswer> {
  const part = encodeURIComponent;
  const group = `/subscriptions/${part(subscription)}/resourceGroups/${part(resourceGroup)}`;
  const path = `${group}/providers/Microsoft.ContainerService/managedClusters/${part(name)}${action}`;
  const url = new URL(
    `${resourceManager}${path}?${new URLSearchParams({ 'api-version': apiVersion, ...query })}`,
  );
  return azure.http.ask({
    whom: `Azure Resource Manager (${url.origin})`,
    url,
    method,
    headers: { authorization: `Bearer ${await azure.token(resourceManager)}` },
    ...(method === 'POST' && { body: {} }),
    hint: 'Let the agent reach it, through its proxy where there is one',
  });
}

function refuseStopped(cluster: AksCluster, itself: unknown): void {
  if (valueAt(itself, 'properties', 'powerState', 'code') !== 'Stopped') return;
  throw new CanaryError('AZURE_REFUSED', `${described(cluster)} is stopped`, {
    expected: 'a cluster that runs',
    found: 'powerState Stopped',
    hint: `Start it: az aks start --resource-group ${cluster.resourceGroup} --name ${cluster.name}`,
  });
}

function refusal(cluster: AksCluster, action: string, answer: AzureAnswer): CanaryError {
  return new CanaryError('AZURE_REFUSED', `Azure hands out no credentials of ${described(cluster)}`, {
    found: wordsOf(answer),
    hint: cureOf(cluster, action, answer),
  });
}

function cureOf({ asAdmin }: AksCluster, action: string, { status, body }: AzureAnswer): string {
  const code = String(valueAt(body, 'error', 'code') ?? '');
  const words = String(valueAt(body, 'error', 'message') ?? '');
  switch (code) {
    case 'ResourceNotFound':
      return 'Correct `kubernetesCluster`, or `azureResourceGroup`: this group has no such cluster';
    case 'ResourceGroupNotFound':
      return 'Correct `azureResourceGroup`, or name the connection to its subscription as `azureSubscriptionConnection`';
    case 'SubscriptionNotFound':
    case 'InvalidSubscriptionId':
      return 'Correct the subscription of `azureSubscriptionConnection`: its account knows none of this id';
    case 'InvalidAuthenticationTokenTenant':
      return 'Correct the tenant of `azureSubscriptionConnection`: the subscription belongs to another';
  }
  if (asAdmin && /local accounts?/i.test(words)) {
    return 'The cluster has no local accounts: leave `useClusterAdmin` out';
  }
  if (status === 403) {
    const role = `Azure Kubernetes Service Cluster ${asAdmin ? 'Admin' : 'User'} Role`;
    return `Give the account of \`azureSubscriptionConnection\` the role "${role}" on the cluster (${action})`;
  }
  return 'Correct what Azure names';
}

function described({ name, resourceGroup }: AksCluster): string {
  return `the AKS cluster ${name} in resource group ${resourceGroup}`;
}
