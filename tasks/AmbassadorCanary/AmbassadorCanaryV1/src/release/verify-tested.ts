import { withConfigNames } from './config-refs.ts';
import { CanaryError } from './errors.ts';
import { type KubeObject, nameOf, refOf, valueAt } from './kube-object.ts';
import type { WorkloadRelease } from './plan.ts';
import type { ReleaseContext } from './release-context.ts';
import { isSameJson } from './same-json.ts';

/**
 * What now runs as stable must be what was on trial, whatever admission webhooks or other hands did to it; where the canary
 * read a copy of changed configuration, stable reads the original. Rejects with `PROMOTION_DIFFERS`.
 */
export async function verifyTested(
  context: ReleaseContext,
  { stable, canary, renames }: WorkloadRelease,
  promoted: KubeObject,
): Promise<void> {
  const live = await context.while(context.ports.cluster.get(refOf(canary)));
  if (live === undefined) return;
  const tested = valueAt(live, 'spec', 'template', 'spec');
  const asTested = withConfigNames(valueAt(promoted, 'spec', 'template', 'spec'), renames);
  for (const field of ['containers', 'initContainers', 'volumes']) {
    if (isSameJson(valueAt(tested, field), valueAt(asTested, field))) continue;
    throw new CanaryError('PROMOTION_DIFFERS', `${nameOf(stable)} would not run what was tested`, {
      expected: `the same ${field} as the canary's`,
      found: 'others, after promotion',
      hint: 'An admission webhook or another controller changes them by name or label; exempt one of the two',
    });
  }
}
