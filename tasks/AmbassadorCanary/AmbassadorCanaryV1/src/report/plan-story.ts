import { conceal, type Mask } from '../manifests/conceal.ts';
import { type Difference, diffObjects } from '../manifests/diff-objects.ts';
import { type PlannedObject, plannedObjects } from '../manifests/planned-objects.ts';
import type { Surveyed } from '../manifests/surveyed.ts';
import { identityOf, refOf } from '../release/kube-object.ts';
import type { Plan } from '../release/plan.ts';
import type { Finding } from './plan-findings.ts';

/** A plan as it may be shown: secrets are digests, or masked, in all of it. */
export interface PlanStory {
  /** Absent where it was refused before there was one. */
  readonly plan?: Plan;
  /** Made from the manifests alone. */
  readonly offline: boolean;
  readonly findings: readonly Finding[];
  readonly objects: readonly ShownObject[];
  /** Where the routes were found. */
  readonly routes: Pick<Surveyed, 'mappings' | 'routing'>;
  readonly mask: Mask;
}

export interface ShownObject extends PlannedObject {
  /** What changes in the live object; absent where nobody was asked, or where there is no live object. */
  readonly differences?: readonly Difference[];
}

/** The objects of a plan as they may be shown, each with what changes in the live one. */
export function shownObjects(plan: Plan, surveyed: Surveyed, mask: Mask): readonly ShownObject[] {
  return plannedObjects(plan, surveyed).map(planned => {
    const shown = { ...planned, object: conceal(planned.object, mask) };
    // What is changed back at the end has been shown when it was changed.
    if (planned.verb !== 'change' || (plan.kind === 'canary' && planned.when === 'end')) return shown;
    const { before, after } =
      planned.before === undefined
        ? (surveyed.changes.get(identityOf(refOf(planned.object))) ?? {})
        : { before: planned.before, after: planned.object };
    if (before === undefined || after === undefined) return shown;
    // Digests first: a value must not get into a difference at all.
    return { ...shown, differences: diffObjects(conceal(before, mask), conceal(after, mask)) };
  });
}
