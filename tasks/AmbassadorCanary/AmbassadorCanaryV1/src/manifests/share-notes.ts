import type { WorkloadRelease } from '../release/plan.ts';
import { closestPods, percentOf, percentText, podsText } from '../release/pod-share.ts';
import type { Step } from '../release/spec.ts';
import { Weight } from '../release/weight.ts';

/** How far above its weight a share may come before it is worth a warning, in points of percent. */
const muchMore = 5;

/** What pods can't do of the weights that were asked for, with the replicas that stable has now: one sentence each. */
export function shareNotes(
  { stable, stableReplicas, sharing }: Pick<WorkloadRelease, 'stable' | 'stableReplicas' | 'sharing'>,
  steps: readonly Step[],
): readonly string[] {
  if (sharing === undefined) return [];
  const { maxSurgePods } = sharing;
  const reached = steps.map(({ weight }) => {
    const canary = closestPods(stableReplicas, weight, maxSurgePods);
    return { weight, canary, all: stableReplicas + canary };
  });
  return reached.flatMap(({ weight, ...share }, index) => {
    const before = reached[index - 1];
    const shown = `${percentText(share)} is reached (${podsText(share)} of ${stable.name})`;
    const notes: string[] = [];
    if (before?.canary === share.canary) {
      notes.push(
        `${before.weight} and ${weight} are both ${podsText(share)} of ${stable.name}: the later step changes nothing`,
      );
    }
    if (percentOf(share) - weight.percent > muchMore) {
      notes.push(
        `${weight} is asked, and ${shown}: fewer pods than one there can't be, so more users get the canary`,
      );
    } else if (weight.percent === Weight.all.percent) {
      notes.push(`100 % is asked, and ${shown}: stable keeps its pods until promotion`);
    } else {
      const wanted = closestPods(stableReplicas, weight, Number.MAX_SAFE_INTEGER);
      if (wanted > share.canary) {
        notes.push(`${weight} is asked, and ${shown}: \`maxSurgePods: ${wanted}\` allows the pods for it`);
      }
    }
    return notes;
  });
}
