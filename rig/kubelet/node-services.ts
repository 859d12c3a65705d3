import { isKubeStatus, type KubeClient, type KubeObject } from '../kube-client.ts';
import type { BackOffPolicy } from './back-off.ts';
import type { ConfigSource } from './environment.ts';
import type { EventRecorder } from './events.ts';

/** What the pods of one node share. */
export interface NodeServices {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly config: ConfigSource;
  /** The address of the node itself. */
  readonly hostIP: string;
  readonly backOff: BackOffPolicy;
  /** Below this, the logs of the containers are kept. */
  readonly logDirectory: string;
}

/** ConfigMaps and Secrets as the API server has them at the moment. */
export function clusterConfig(client: KubeClient): ConfigSource {
  const read = async (path: string): Promise<KubeObject | undefined> => {
    try {
      return await client.get(path);
    } catch (error) {
      if (isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  };
  return {
    async configMap(namespace, name) {
      const found = await read(`/api/v1/namespaces/${namespace}/configmaps/${name}`);
      return found && ((found.data ?? {}) as Record<string, string>);
    },
    async secret(namespace, name) {
      const found = await read(`/api/v1/namespaces/${namespace}/secrets/${name}`);
      if (!found) return undefined;
      const entries = Object.entries((found.data ?? {}) as Record<string, string>);
      return Object.fromEntries(
        entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      );
    },
  };
}
