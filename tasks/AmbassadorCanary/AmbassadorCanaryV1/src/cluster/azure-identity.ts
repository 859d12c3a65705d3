import type { Secret } from '../release/secret.ts';

/** An app registration in Entra ID. */
interface App {
  /** `https://login.microsoftonline.com`, without a slash at the end: each cloud has its own. */
  readonly authority: string;
  readonly tenant: string;
  readonly client: string;
}

/** Who an Azure Resource Manager connection acts as, and how that is proven (facts/azure.md 4). */
export type AzureIdentity =
  | (App & { readonly kind: 'secret'; readonly secret: Secret })
  /** PEM: the certificate and its private key in one text. */
  | (App & { readonly kind: 'certificate'; readonly pem: Secret })
  /** Azure Pipelines vouches for the job: whoever asks `oidcUrl` with the job's own token gets a statement that Entra believes. */
  | (App & { readonly kind: 'federated'; readonly oidcUrl: string; readonly jobToken: Secret })
  /** What the virtual machine of the agent is in Azure. `client` where it is several. */
  | { readonly kind: 'managed'; readonly metadataHost: string; readonly client?: string };

/** A cluster of Azure Kubernetes Service. */
export interface AksCluster {
  /** `https://management.azure.com`, without a slash at the end: each cloud has its own. */
  readonly resourceManager: string;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly name: string;
  /** With the administrator's certificate in place of our own rights. */
  readonly asAdmin: boolean;
}
