import { setTimeout as sleep } from 'node:timers/promises';
import type { BackOff } from './back-off.ts';
import type { ContainerHost } from './container-host.ts';
import { ConfigError } from './environment.ts';
import { resolveImage } from './images.ts';
import type { ContainerSpec, ContainerState } from './pod.ts';

/** What to start for a container. */
export interface Prepared {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** The real kubelet asks again every minute or so; nobody wants to wait for that here. */
const configRetryMs = 1_000;

/**
 * Waits until image and configuration of a container are there, telling by states and events what is missing.
 * Undefined when it is no longer wanted.
 */
export async function prepareContainer(
  spec: ContainerSpec,
  host: ContainerHost,
  pulls: BackOff,
  become: (state: ContainerState) => void,
  wanted: AbortSignal,
): Promise<Prepared | undefined> {
  const program = await pullImage(spec, host, pulls, become, wanted);
  while (program && !wanted.aborted) {
    try {
      const { command, args, env } = program;
      return { command, args, env: { ...env, ...(await host.environment(spec)) } };
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof ConfigError) {
        host.record('Warning', 'Failed', `Error: ${message}`, spec.name);
        become({ waiting: { reason: 'CreateContainerConfigError', message } });
      }
      await pause(configRetryMs, wanted);
    }
  }
  return undefined;
}

async function pullImage(
  { name, image }: ContainerSpec,
  host: ContainerHost,
  pulls: BackOff,
  become: (state: ContainerState) => void,
  wanted: AbortSignal,
) {
  while (!wanted.aborted) {
    const found = resolveImage(image);
    if (found.kind === 'program') {
      host.record('Normal', 'Pulled', `Container image "${image}" already present on machine`, name);
      return found;
    }
    host.record('Normal', 'Pulling', `Pulling image "${image}"`, name);
    host.record('Warning', 'Failed', `Failed to pull image "${image}": ${found.message}`, name);
    host.record('Warning', 'Failed', 'Error: ErrImagePull', name);
    become({ waiting: { reason: 'ErrImagePull', message: found.message } });
    const waitMs = pulls.afterFailedPull();
    await pause(waitMs / 2, wanted);
    if (wanted.aborted) break;
    const backingOff = `Back-off pulling image "${image}"`;
    host.record('Normal', 'BackOff', backingOff, name);
    host.record('Warning', 'Failed', 'Error: ImagePullBackOff', name);
    become({
      waiting: { reason: 'ImagePullBackOff', message: `${backingOff}: ErrImagePull: ${found.message}` },
    });
    await pause(waitMs / 2, wanted);
  }
  return undefined;
}

async function pause(milliseconds: number, wanted: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: wanted }).catch(() => {});
}
