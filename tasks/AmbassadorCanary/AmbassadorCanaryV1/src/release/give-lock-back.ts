import type { Ports } from './ports.ts';

/** Gives the lock back where nothing is left in the cluster: neither the guard nor the next run has anything to do. */
export async function giveLockBack({ lock, pipeline }: Pick<Ports, 'lock' | 'pipeline'>): Promise<void> {
  await lock.release();
  // Not before: a step that dies with the lock still there leaves it to the guard.
  pipeline.arm(undefined);
}
