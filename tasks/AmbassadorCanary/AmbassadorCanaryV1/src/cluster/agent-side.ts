import type { AzureIdentity } from './azure-identity.ts';
import type { KubeloginSettings } from './install-kubelogin.ts';
import type { NetworkSettings } from './network.ts';

/** What the agent gives the step to reach servers with, whatever cluster it releases to. */
export interface AgentSide {
  readonly network: NetworkSettings;
  /** Of the Azure connection, where one is named: for AKS, for a login to Entra ID, for an Azure Monitor workspace. */
  readonly azure?: AzureIdentity;
  readonly kubelogin: KubeloginSettings;
}
