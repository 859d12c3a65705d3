import type { NetworkSettings } from './network.ts';

/** What the agent gives the step to reach servers with, whatever cluster it releases to. */
export interface AgentSide {
  readonly network: NetworkSettings;
}
