import { randomUUID } from 'node:crypto';
import type { Endpoint } from './endpoints.ts';
import { systemConnection } from './step-environment.ts';

export const tenant = '00000000-0000-0000-0000-0000000000e1';
export const client = '00000000-0000-0000-0000-0000000000e2';
export const subscription = '00000000-0000-0000-0000-0000000000e3';

export type AzureProof =
  | { readonly scheme: 'ServicePrincipal'; readonly key: string }
  | { readonly scheme: 'ServicePrincipal'; readonly certificate: string }
  | { readonly scheme: 'ManagedServiceIdentity'; readonly client?: string }
  | { readonly scheme: 'WorkloadIdentityFederation' };

/** An `azurerm` connection to the cloud at this URL (facts/azure.md 4). */
export function azureEndpoint(url: string, proof: AzureProof, appId = client): Endpoint {
  const app = { tenantid: tenant, serviceprincipalid: appId };
  const parameters: Record<string, string> =
    'key' in proof
      ? { ...app, authenticationType: 'spnKey', serviceprincipalkey: proof.key }
      : 'certificate' in proof
        ? { ...app, authenticationType: 'spnCertificate', servicePrincipalCertificate: proof.certificate }
        : proof.scheme === 'ManagedServiceIdentity'
          ? { tenantid: tenant }
          : app;
  const machine = proof.scheme === 'ManagedServiceIdentity' && proof.client !== undefined;
  return {
    id: randomUUID(),
    name: 'subscription',
    url: `${url}/`,
    scheme: proof.scheme,
    parameters,
    data: {
      environment: 'AzureCloud',
      subscriptionId: subscription,
      subscriptionName: 'Shop',
      scopeLevel: 'Subscription',
      activeDirectoryAuthority: `${url}/`,
      ...(machine && { msiClientId: String(proof.client) }),
    },
  };
}

/** The job's own connection to its organisation. */
export function jobEndpoint(collection: string, token: string): Endpoint {
  return {
    id: systemConnection,
    name: systemConnection,
    url: collection,
    scheme: 'OAuth',
    parameters: { AccessToken: token },
    data: {},
  };
}
