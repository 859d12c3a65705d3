import { at, type KubeObject, objectsAt } from './objects.ts';

/** How a pod of the sample app answers, by the environment of its template. */
export interface AppBehaviour {
  /** Its image's tag. */
  readonly version: string;
  readonly successPercent: number;
  readonly delayMs: number;
}

/** Reads `SUCCESS_RATE` and `DELAY_MS`, as samples/app/server.mjs does; other apps answer everything, and at once. */
export function behaviourOf(pod: KubeObject): AppBehaviour {
  const containers = objectsAt(pod, 'spec', 'containers');
  const variables = containers.flatMap(container => objectsAt(container, 'env'));
  const number = (name: string, fallback: number) => {
    const value = variables.find(variable => variable.name === name)?.value;
    return typeof value === 'string' && value.trim() !== '' ? Number(value) : fallback;
  };
  const image = String(at(containers[0], 'image') ?? '');
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return {
    version: tag ?? 'latest',
    successPercent: number('SUCCESS_RATE', 100),
    delayMs: number('DELAY_MS', 0),
  };
}
