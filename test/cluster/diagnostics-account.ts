import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import {
  createServiceAccount,
  type PolicyRule,
  type ServiceAccountOptions,
} from '../../rig/service-account.ts';
import { type Endpoint, serviceAccountEndpoint } from '../agent/endpoints.ts';
import type { Shop } from './world.ts';

interface Role {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules: readonly PolicyRule[];
}

/** The Roles of docs/rbac.yaml: what a release needs, and what Emissary's diagnostics take. */
export async function documentedRoles(): Promise<readonly [release: Role, diagnostics: Role]> {
  const documents = parseAllDocuments(await readFile('docs/rbac.yaml', 'utf8'));
  return documents.map(document => document.toJS()) as unknown as [Role, Role];
}

/** A connection of an account of its own in the shop's namespace, which may do just this. */
export async function connectionWith(
  { namespace, world }: Shop,
  { name = 'pipeline', ...allowed }: Partial<Omit<ServiceAccountOptions, 'namespace'>>,
): Promise<Endpoint> {
  const { client, server, caPem } = world.cluster;
  const token = await createServiceAccount(client, { namespace, name, ...allowed });
  return serviceAccountEndpoint({ server, token, certificate: caPem });
}

/** A connection that may do just what docs/rbac.yaml says, the optional part included. */
export async function documentedConnection(shop: Shop): Promise<Endpoint> {
  const { client } = shop.world.cluster;
  const [release, diagnostics] = await documentedRoles();
  const account = { namespace: shop.namespace, name: 'pipeline' };
  const connection = await connectionWith(shop, { name: account.name, rules: release.rules });
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const { name, namespace = '' } = diagnostics.metadata;
  const rbac = `/apis/${apiVersion}/namespaces/${namespace}`;
  await client.create(`${rbac}/roles`, { apiVersion, kind: 'Role', ...diagnostics });
  await client.create(`${rbac}/rolebindings`, {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  });
  return connection;
}
