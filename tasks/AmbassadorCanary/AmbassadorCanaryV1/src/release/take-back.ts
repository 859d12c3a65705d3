import { Duration } from './duration.ts';
import { toCanaryErrors } from './errors.ts';
import { restoreCapacity, untilSeenBusy } from './keep-capacity.ts';
import type { Ports } from './ports.ts';
import type { ReleaseRecord } from './record.ts';
import { removeAdditions, removeCanary } from './remove.ts';
import { countRequests, drain } from './settle.ts';
import { within } from './within.ts';

export interface TakeBackOptions {
  readonly reason: string;
  readonly drain: Duration;
  /** The agent gives a cancelled step 7.5 s in all (facts/azure.md 5): the wait for requests in flight is cut to fit. */
  readonly hurry: boolean;
  /** Absent for `rolling-back`. `promoting`: stable is of the new version already, and only the canary has to go. */
  readonly phase?: 'promoting';
  /** Requests of this release that were overtaken and may still be carried out. */
  readonly underWay?: Promise<unknown>;
}

/** What came of it: the share that the canary still has, and what had to be left. */
export interface TakenBack {
  readonly weight: number;
  readonly leftovers: readonly string[];
}

/** What a hurried drain may take, so that the deletes still fit into the agent's grace. */
const hurriedDrain = Duration.seconds(4);
/** How long what is under way may keep the rest waiting. */
export const overtaken = Duration.seconds(1);

/**
 * Sends all traffic back to stable and removes the canary: stop first, then whatever else. Goes on past every failure and
 * resolves to what had to be left, so that one broken part does not keep the rest in place. Never rejects.
 */
export async function takeBack(
  record: ReleaseRecord,
  ports: Pick<Ports, 'cluster' | 'router' | 'metrics' | 'lock' | 'clock' | 'pipeline'>,
  options: TakeBackOptions,
): Promise<TakenBack> {
  const { cluster, router, metrics, lock, clock, pipeline } = ports;
  const tell = pipeline.tell.bind(pipeline);
  const leftovers: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (thrown) {
      leftovers.push(...toCanaryErrors(thrown).map(error => `${what}: ${error.sentence}`));
      return false;
    }
  };

  const stop = () => attempt('Traffic could not be taken off the canary', async () => router.stop());
  let isOff = await stop();
  const stoppedAt = clock.now();
  const { phase = 'rolling-back', reason } = options;
  tell({ type: 'phase', phase, reason });
  if (isOff && record.weight > 0) tell({ type: 'stopped' });
  await attempt('The record could not be written', async () =>
    lock.write({ ...record, phase, weight: isOff ? 0 : record.weight }),
  );
  if (isOff && options.underWay !== undefined) {
    // A weight that arrives after the stop would undo it, and an object that arrives after the removal would stay.
    await within(clock, overtaken, options.underWay);
    isOff = await stop();
  }
  // Pods that may still get requests are worth more than tidiness: without the stop nothing behind the route is removed.
  if (!isOff) return { weight: record.weight, leftovers };

  if (record.weight > 0) {
    const limit = options.hurry && hurriedDrain.isShorterThan(options.drain) ? hurriedDrain : options.drain;
    await drain({ clock, metrics, router, tell, limit, hurry: options.hurry });
    if (!options.hurry) await countRequests({ clock, metrics, tell });
  }
  if (lock.lost.aborted) {
    leftovers.push('Another run has taken over this release: the rest of the canary is its to remove');
    return { weight: 0, leftovers };
  }
  const isClosed = await attempt('The canary route could not be removed', async () => {
    for (const object of await router.close()) tell({ type: 'deleted', object });
  });
  if (!isClosed) return { weight: 0, leftovers };
  const removal = { cluster, tell, hurry: options.hurry };
  leftovers.push(...(await removeCanary(removal, record.canary)));
  leftovers.push(...(await removeAdditions(removal, record.added)));
  if (record.weight > 0 && !options.hurry) {
    const signal = AbortSignal.any([pipeline.cancelled, lock.lost]);
    await untilSeenBusy({ clock, tell, since: stoppedAt, signal }, record.capacity);
  }
  if (!lock.lost.aborted) leftovers.push(...(await restoreCapacity(removal, record.capacity)));
  return { weight: 0, leftovers };
}
