import type { NetworkSettings } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/cluster/network.ts';

/** Of an agent that was told nothing of its network. */
export const plainNetwork: NetworkSettings = {
  proxies: {},
  bypass: [],
  noProxy: '',
  acceptUntrustedCerts: false,
};
