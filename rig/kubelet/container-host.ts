import type { BackOffPolicy } from './back-off.ts';
import type { ContainerSpec } from './pod.ts';

/** What a container needs from the pod that it is in. */
export interface ContainerHost {
  /** Such as `name_namespace(uid)`, as the kubelet's messages say it. */
  readonly podLabel: string;
  readonly podIP: string;
  /** The loopback address to listen on. */
  readonly address: string;
  readonly backOff: BackOffPolicy;
  readonly terminationGraceMs: number;
  /** Rejects with a ConfigError for what the pod's spec asks and is not there. */
  environment(container: ContainerSpec): Promise<NodeJS.ProcessEnv>;
  logFile(container: string, restart: number): string;
  record(type: 'Normal' | 'Warning', reason: string, message: string, container: string): void;
  changed(): void;
}
