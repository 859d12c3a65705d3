import { podLabels } from '../manifests/canary-labels.ts';
import { serviceSelects } from '../manifests/selector.ts';
import { byWhom } from '../release/drift.ts';
import { nameOf, type ObjectRef, valueAt } from '../release/kube-object.ts';
import type { WorkloadRelease } from '../release/plan.ts';
import type { Footing } from '../release/ports.ts';

/** A canary whose pods are its share: nobody but us may say how many there are. */
export function sizeFooting(ref: ObjectRef, written: () => ReadonlySet<number>): Footing {
  return {
    ref,
    isMadeByUs: true,
    check: live => {
      const replicas = valueAt(live, 'spec', 'replicas');
      if (live === undefined || typeof replicas !== 'number' || written().has(replicas)) return undefined;
      return `${nameOf(ref)} was scaled to ${replicas}${byWhom(live, 'replicas')}: its pods are its share of the requests`;
    },
  };
}

/** A Service that pods of both versions answer. */
export function sharedFooting(service: ObjectRef, { canary }: Pick<WorkloadRelease, 'canary'>): Footing {
  const name = nameOf(service);
  return {
    ref: service,
    check: live => {
      if (live === undefined) return `${name} was deleted: the canary gets no requests`;
      if (serviceSelects(live, podLabels(canary))) return undefined;
      return `${name} does not select the canary's pods any more${byWhom(live, 'selector')}`;
    },
  };
}
