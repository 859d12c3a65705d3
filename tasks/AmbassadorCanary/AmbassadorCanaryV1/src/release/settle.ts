import { Duration } from './duration.ts';
import type { ReleaseEvent } from './events.ts';
import type { Clock, Metrics, Ports, Router } from './ports.ts';
import type { ReleaseContext } from './release-context.ts';
import { Weight } from './weight.ts';
import { within } from './within.ts';

/**
 * How long a change may take to reach every Envoy, that of a Mapping as that of a Service's pods: it is batched for up to
 * a second and travels pod by pod, and addresses are resolved every 5 s (facts/emissary.md 11 and 12). Measured on the rig:
 * traffic shifted the moment that pods were ready met 503s for up to 0.3 s.
 */
export const propagation = Duration.seconds(5);

/** Waits until the data plane has had the time to learn of `what`. Rejects where the release has to end first. */
export async function settle(context: ReleaseContext, what: string): Promise<void> {
  await awaitPropagation(what, context.ports, context.signal);
  context.throwIfOver();
}

/** The same where no release is under way: resolves as soon as the signal aborts. */
export async function awaitPropagation(
  what: string,
  { clock, pipeline }: Pick<Ports, 'clock' | 'pipeline'>,
  signal: AbortSignal,
): Promise<void> {
  pipeline.tell({ type: 'waiting', what: `${propagation} for all proxies to learn ${what}` });
  await clock.sleep(propagation, signal);
}

/** From the moment on that one Emissary pod shows a change: Envoy gets it right after, and other pods gather changes for up to a second. */
const afterShown = Duration.seconds(2);
/** An Emissary that does not take a stop up in this time is not waited for any longer (facts/emissary.md 11). */
export const stopLimit = Duration.minutes(1);

export interface DrainOptions {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly router: Router;
  readonly tell: (event: ReleaseEvent) => void;
  readonly limit: Duration;
  /** There is no more time than `limit` for all of it. */
  readonly hurry?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Waits until requests in flight at the canary are done: until the data plane has the stop, and from then on until two scrapes saw no
 * request of the canary, at most `limit`. In a hurry `limit` is for both.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { clock, metrics, tell, limit, signal } = options;
  if (limit.milliseconds === 0) return;
  let began = clock.now();
  const left = () => Duration.milliseconds(Math.max(0, limit.milliseconds - (clock.now() - began)));
  tell({ type: 'waiting', what: `for requests in flight at the canary, ${limit} at most` });
  const isShown = await seeStop(options);
  if (options.hurry !== true) began = clock.now();
  await clock.sleep(shorter(isShown ? afterShown : propagation, left()), signal);
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

/** Whether the data plane was seen to have the stop: what is removed before would still get requests. */
async function seeStop({ router, clock, tell, limit, hurry, signal }: DrainOptions): Promise<boolean> {
  if (router.awaitWeight === undefined) return false;
  const began = clock.now();
  const most = hurry === true ? limit : stopLimit;
  // An Emissary that hangs does not make a cancelled step any longer.
  const asked = router.awaitWeight(Weight.zero, most, signal);
  const sighting = hurry === true ? await within(clock, most, asked) : await asked;
  switch (sighting?.kind) {
    case 'shown': {
      const lasted = Duration.milliseconds(clock.now() - began).toClock();
      tell({ type: 'ready', what: "Emissary's routes show 0 %", detail: `after ${lasted}` });
      return true;
    }
    case 'wrong':
      tell({ type: 'notice', text: `${sighting.cause}: it was deleted` });
      return false;
    case 'not-shown':
      tell({ type: 'notice', text: `Emissary's routes do not show 0 % after ${most}: ${sighting.why}` });
      return false;
    case 'unknown':
    case undefined:
      return false;
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
