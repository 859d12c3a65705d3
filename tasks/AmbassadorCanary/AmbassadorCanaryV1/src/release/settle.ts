import { Duration } from './duration.ts';
import type { ReleaseEvent } from './events.ts';
import type { Clock, Metrics } from './ports.ts';
import type { ReleaseContext } from './release-context.ts';
import { within } from './within.ts';

/**
 * How long a change may take to reach every Envoy, that of a Mapping as that of a Service's pods: it is batched for up to
 * a second and travels pod by pod, and addresses are resolved every 5 s (facts/emissary.md 11 and 12). Measured on the rig:
 * traffic shifted the moment that pods were ready met 503s for up to 0.3 s.
 */
export const propagation = Duration.seconds(5);

/** Waits until the data plane has had the time to learn of `what`. */
export async function settle(context: ReleaseContext, what: string): Promise<void> {
  context.tell({ type: 'waiting', what: `${propagation} for Emissary to learn ${what}` });
  await context.ports.clock.sleep(propagation, context.signal);
  context.throwIfOver();
}

export interface DrainOptions {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly tell: (event: ReleaseEvent) => void;
  readonly limit: Duration;
  readonly signal?: AbortSignal;
}

/**
 * Waits until requests in flight at the canary are done: at least until the data plane has the change, then until two
 * scrapes saw no request of the canary, at most `limit` in all.
 */
export async function drain({ clock, metrics, tell, limit, signal }: DrainOptions): Promise<void> {
  const began = clock.now();
  const left = () => Duration.milliseconds(Math.max(0, limit.milliseconds - (clock.now() - began)));
  if (limit.milliseconds === 0) return;
  tell({ type: 'waiting', what: `for requests in flight at the canary, ${limit} at most` });
  await clock.sleep(shorter(propagation, limit), signal);
  while (left().milliseconds > 0 && signal?.aborted !== true) {
    // A Prometheus that hangs does not make the wait any longer.
    if (await within(clock, left(), metrics.isIdle())) {
      const lasted = Duration.milliseconds(clock.now() - began).toClock();
      tell({ type: 'ready', what: 'no request was seen at the canary any more', detail: `after ${lasted}` });
      return;
    }
    await clock.sleep(shorter(Duration.seconds(1), left()), signal);
  }
}

/** How long the last count of a release may take: it is for the log, and nothing waits for that while users can be hurt. */
const countLimit = Duration.seconds(5);

/** Tells what the canary answered in all, where that can be known in time. */
export async function countRequests({
  clock,
  metrics,
  tell,
}: Pick<DrainOptions, 'clock' | 'metrics' | 'tell'>): Promise<void> {
  const count = await within(clock, countLimit, metrics.total());
  if (count !== undefined) tell({ type: 'counted', count });
}

function shorter(a: Duration, b: Duration): Duration {
  return a.isShorterThan(b) ? a : b;
}
