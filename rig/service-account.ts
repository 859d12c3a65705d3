import type { KubeClient } from './kube-client.ts';

/** What a role allows, as RBAC writes it. */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

export interface ServiceAccountOptions {
  readonly namespace: string;
  readonly name: string;
  /** What it may do in its own namespace. */
  readonly rules?: readonly PolicyRule[];
  /** What it may do in the whole cluster. */
  readonly clusterRules?: readonly PolicyRule[];
  /** How long its token holds; the API server takes no less than 600. */
  readonly tokenSeconds?: number;
}

/** Makes a service account that may do just this, and gives a token of it. */
export async function createServiceAccount(
  client: KubeClient,
  options: ServiceAccountOptions,
): Promise<string> {
  const { namespace, name, rules, clusterRules, tokenSeconds = 3600 } = options;
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await client.create(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  if (rules) await grant(client, `${rbac}/namespaces/${namespace}`, 'Role', name, rules, subjects);
  if (clusterRules) await grant(client, rbac, 'ClusterRole', `${namespace}-${name}`, clusterRules, subjects);
  const answer = await client.create(`${accounts}/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: tokenSeconds },
  });
  return (answer.status as { token: string }).token;
}

async function grant(
  client: KubeClient,
  parent: string,
  kind: 'Role' | 'ClusterRole',
  name: string,
  rules: readonly PolicyRule[],
  subjects: readonly object[],
): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const collection = `${parent}/${kind.toLowerCase()}`;
  await client.create(`${collection}s`, { apiVersion, kind, metadata: { name }, rules });
  await client.create(`${collection}bindings`, {
    apiVersion,
    kind: `${kind}Binding`,
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects,
  });
}
