import { type ClearOptions, clearLeftovers } from './clear-leftovers.ts';
import type { Ending } from './outcome.ts';
import type { Ports } from './ports.ts';
import type { ReleaseRecord } from './record.ts';
import { replacedStables } from './recover-configuration.ts';

export interface RejectOptions extends Omit<ClearOptions, 'reason'> {
  /** What one calls the release: the names of its workloads. */
  readonly name: string;
  /** The canary's share in percent, as its record has it. Absent where there is none. */
  readonly weight?: number;
}

/**
 * Takes back a canary that another run left, whatever it left it for: live on purpose, without traffic for a look, or dead in
 * the middle. One that was being promoted keeps its share until stable is ready, and where stable runs the new version by then there is
 * nothing left to reject: that is told as a failure. Rejects where something can't be removed.
 */
export async function rejectCanary(
  left: ReleaseRecord,
  ports: Pick<Ports, 'cluster' | 'router' | 'metrics' | 'lock' | 'clock' | 'pipeline'>,
  { name, weight = 0, drain, rolloutTimeout }: RejectOptions,
): Promise<Ending> {
  const replaced = left.phase === 'promoting' ? await replacedStables(left, ports.cluster) : [];
  const reason = `the canary of ${name} is rejected`;
  const notReady = await clearLeftovers(left, ports, { reason, drain, rolloutTimeout });
  if (replaced?.length !== 0 && notReady === undefined) {
    const reason = `the promotion of ${name} had begun: stable runs the new version, and the canary is gone. To go back, release the old version; to apply what else the manifests say, run again`;
    return { outcome: 'failed', reason, weight: 0, leftovers: [] };
  }
  const share = weight > 0 ? `, which had ${weight} % of the requests,` : '';
  return {
    outcome: 'rejected',
    reason: `the canary of ${name}${share} is gone: all requests go to stable`,
    weight: 0,
    leftovers: [],
  };
}

/** The end of a rejection that found nothing to take back. */
export function endWithoutCanary(name: string): Ending {
  return {
    outcome: 'rejected',
    reason: `${name} had no canary: nothing was touched`,
    weight: 0,
    leftovers: [],
  };
}
