import { Duration } from './duration.ts';
import { sightLimit } from './see-weight.ts';
import { propagation, stopLimit } from './settle.ts';
import type { ReleaseSpec } from './spec.ts';
import type { Webhook, WebhookTime } from './webhook.ts';

/** Minutes that the agent needs around the release itself: starting, reading, removing what is left. */
const around = Duration.minutes(3);

/** How long a release is meant to take, and may take at worst. */
export interface Length {
  readonly planned: Duration;
  readonly worst: Duration;
  /** What to set for the job, so that the agent never ends it. */
  readonly timeoutInMinutes: number;
}

/**
 * How long a release is meant to take, and how long it may take at worst: another release that only just ends, every step
 * extended to its limit, pods that only just get ready, and a promotion that has to be undone.
 */
export function lengthOf(spec: ReleaseSpec): Length {
  const pauses = spec.steps.reduce((sum, { pause }) => sum.plus(pause), Duration.zero);
  const extended =
    spec.onInconclusive === 'extend' && spec.checks.length + spec.ownChecks.length > 0
      ? pauses.times(spec.extendFactor)
      : pauses;
  // One wait for pods a step, one for the new stable, one for the old one again.
  const rollouts = spec.rolloutTimeout.times(spec.steps.length + 2);
  // Before the first weight, after each scale-up, and before traffic goes to the new stable.
  const settling = propagation.times(spec.steps.length + 2);
  // Where Emissary is asked: for each weight, for the proof of the route, and for the stop.
  const seeing = sightLimit.times(spec.steps.length).plus(stopLimit.times(2));
  const worst = [extended, rollouts, settling, seeing, spec.drain, spec.lockTimeout, calls(spec)].reduce(
    (sum, part) => sum.plus(part),
    around,
  );
  const planned = pauses.plus(propagation.times(2)).plus(spec.drain);
  return { planned, worst, timeoutInMinutes: Math.ceil(worst.seconds / 60) };
}

/** How long webhooks may hold a release up: each step waits for its gates, and acceptance and the end for their answers. */
function calls({ webhooks, steps }: ReleaseSpec): Duration {
  const longest = (when: WebhookTime, timeOf: (webhook: Webhook) => Duration) =>
    webhooks
      .filter(webhook => webhook.when === when)
      .map(timeOf)
      .reduce((most, time) => (most.isShorterThan(time) ? time : most), Duration.zero);
  const tries = ({ timeout, retries }: Webhook) => timeout.times(retries + 1);
  const gates = longest('gate', ({ limit }) => limit).times(steps.length);
  return gates.plus(longest('before', tries)).plus(longest('after', tries));
}
