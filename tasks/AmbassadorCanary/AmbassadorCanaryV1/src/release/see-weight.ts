import type { Alarm } from './alarm.ts';
import { Duration } from './duration.ts';
import type { ReleaseContext } from './release-context.ts';
import type { Measurement } from './verdict.ts';
import type { Weight } from './weight.ts';

/** How long the weight is waited for before the metrics have to tell. A slow Emissary hurts nobody: the canary has the share that it passed with. */
export const sightLimit = Duration.seconds(10);

/** What came of looking for a weight in the data plane. */
export interface SeenWeight {
  readonly isShown: boolean;
  /** The failed check, where the canary certainly gets none of the requests, or all. */
  readonly failed?: Measurement;
}

/**
 * Looks whether the weight that was just set has taken effect, where anybody can be asked, and tells what was seen. Pods that can't
 * serve end the wait.
 */
export async function seeWeight(context: ReleaseContext, weight: Weight, alarm?: Alarm): Promise<SeenWeight> {
  const { router, clock, metrics } = context.ports;
  if (router.awaitWeight === undefined) return { isShown: false };
  const began = clock.now();
  const signals = alarm === undefined ? [context.signal] : [context.signal, alarm.signal];
  const sighting = await context.while(router.awaitWeight(weight, sightLimit, AbortSignal.any(signals)));
  const lasted = Duration.milliseconds(clock.now() - began);
  switch (sighting.kind) {
    case 'shown':
      metrics.weightShown?.(lasted);
      context.tell({
        type: 'ready',
        what: `Emissary's routes show ${weight}`,
        detail: `after ${lasted.toClock()}`,
      });
      return { isShown: true };
    case 'wrong':
      return { isShown: false, failed: splitFailed(weight, sighting) };
    case 'not-shown':
    case 'unknown': {
      if (alarm?.measurement === undefined) {
        const text = `Emissary's routes do not show ${weight} after ${lasted.toClock()} (${sighting.why}): the metrics have to tell`;
        context.tell({ type: 'notice', text });
      }
      return { isShown: false };
    }
  }
}

function splitFailed(
  weight: Weight,
  { share, cause }: { share: 'all' | 'none'; cause: string },
): Measurement {
  const seen = share === 'all' ? '100 %' : '0 %';
  return {
    check: 'split',
    verdict: 'fail',
    value: `${weight} asked, ${seen} in Emissary's routes`,
    brief: seen,
    detail: cause,
    actsAtOnce: true,
  };
}
