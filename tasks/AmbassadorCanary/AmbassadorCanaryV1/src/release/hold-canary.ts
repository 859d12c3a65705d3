import { sentencesOf } from './errors.ts';
import type { Ending } from './outcome.ts';
import type { Ports } from './ports.ts';
import type { ReleaseRecord } from './record.ts';
import { countRequests } from './settle.ts';
import { overtaken } from './take-back.ts';
import { within } from './within.ts';

/** Why a canary is kept. */
export type HeldFor = Pick<Ending, 'reason' | 'failedStep' | 'failedCheck'>;

/**
 * Takes all traffic off a canary that failed and keeps everything else of it for a look: its pods, its routes at weight 0, and its
 * record, without a holder, so that the next run names it. Autoscalers keep the minimum that the record names. Resolves to `undefined` where the traffic could not be taken off, or the record
 * not be left: then nothing is held. Never rejects.
 */
export async function holdCanary(
  record: ReleaseRecord,
  {
    router,
    metrics,
    lock,
    pipeline,
    clock,
  }: Pick<Ports, 'router' | 'metrics' | 'lock' | 'pipeline' | 'clock'>,
  why: HeldFor,
  underWay: Promise<unknown> | undefined,
): Promise<Ending | undefined> {
  const ending: Ending = { ...why, outcome: 'held', weight: 0, leftovers: [] };
  try {
    await router.stop();
    if (record.weight > 0) pipeline.tell({ type: 'stopped' });
    if (underWay !== undefined) {
      // A weight that arrives after the stop would undo it.
      await within(clock, overtaken, underWay);
      await router.stop();
    }
    const { outcome, reason } = ending;
    await lock.leave({ ...record, state: 'held', weight: 0, ended: { outcome, reason } });
  } catch (thrown) {
    pipeline.tell({ type: 'warning', text: `The canary can't be held: ${sentencesOf(thrown)}` });
    return undefined;
  }
  // The guard of this very step has nothing to do.
  pipeline.arm(undefined);
  await countRequests({ clock, metrics, tell: event => pipeline.tell(event) });
  const text =
    'The canary is kept for a look, without traffic: no run touches it until `action: reject` takes it back';
  pipeline.tell({ type: 'notice', text });
  return ending;
}
