import { canaryObjects, firstWeight, twinAt } from '../release/canary-objects.ts';
import { asRecord, identityOf, type KubeObject, refOf } from '../release/kube-object.ts';
import {
  type CanaryPlan,
  type CapacityHold,
  type ConfigChange,
  type Plan,
  releaseLabel,
} from '../release/plan.ts';
import { keptCopy } from '../release/promote-configuration.ts';
import { essence } from './essence.ts';
import type { Surveyed } from './surveyed.ts';

/** What becomes of one object: at the start (with the first weight in it), at promotion, or at the end of a release. */
export interface PlannedObject {
  readonly when: 'start' | 'promotion' | 'end';
  readonly verb: 'create' | 'change' | 'remove';
  /** As it is applied; what is removed is as it was made. */
  readonly object: KubeObject;
  /** What it is until then, where that is no manifest's business: the survey compares only what manifests change. */
  readonly before?: KubeObject;
}

/** Every object that a release writes, in the order in which it does. Pure. */
export function plannedObjects(plan: Plan, surveyed: Surveyed): readonly PlannedObject[] {
  switch (plan.kind) {
    case 'unchanged':
      return [];
    case 'first-release':
    case 'apply-only':
      return plan.objects.map(({ object, isNew }) => ({
        when: 'start',
        verb: isNew ? 'create' : 'change',
        object,
      }));
    case 'canary':
      return canaryRelease(plan, surveyed);
  }
}

function canaryRelease(plan: CanaryPlan, surveyed: Surveyed): readonly PlannedObject[] {
  const first = firstWeight(plan.spec);
  const canary = [...canaryObjects(plan), ...plan.routes.map(route => twinAt(route, first))];
  const kept = plan.configuration.flatMap(change => keptOf(change, plan, surveyed));
  const started = [...plan.additions, ...plan.surroundings, ...plan.newWorkloads, ...canary];
  const promoted = [
    ...plan.configuration.map(({ object }) => object),
    ...plan.workloads.map(workload => workload.promoted),
    ...plan.rest,
    ...plan.workers.map(worker => worker.promoted),
  ];
  const made = new Set(started.map(object => identityOf(refOf(object))));
  const exists = (object: KubeObject) => {
    const identity = identityOf(refOf(object));
    return surveyed.live.has(identity) || made.has(identity);
  };
  const ours = [...plan.surroundings, ...kept, ...canary];
  const held = plan.capacity.flatMap(hold => heldOf(hold, surveyed));
  return [
    ...held.map(({ before, raised }) => ({ when: 'start', verb: 'change', object: raised, before }) as const),
    ...started.map(object => ({ when: 'start', verb: 'create', object }) as const),
    ...kept.map(object => ({ when: 'promotion', verb: 'create', object }) as const),
    ...promoted.map(
      object => ({ when: 'promotion', verb: exists(object) ? 'change' : 'create', object }) as const,
    ),
    ...ours.toReversed().map(object => ({ when: 'end', verb: 'remove', object }) as const),
    ...held.map(({ before }) => ({ when: 'end', verb: 'change', object: before }) as const),
  ];
}

/** An autoscaler of stable as it is during the release, and as it was; both without the cluster's own notes. */
function heldOf(
  { autoscaler, field, raised }: CapacityHold,
  { autoscalers = [] }: Surveyed,
): readonly { readonly raised: KubeObject; readonly before: KubeObject }[] {
  const live = autoscalers.find(object => identityOf(refOf(object)) === identityOf(autoscaler));
  if (live === undefined) return [];
  const before = essence(live) as KubeObject;
  return [{ before, raised: { ...before, spec: { ...asRecord(live.spec), [field]: raised } } }];
}

/** What promotion keeps of configuration that it changes. */
function keptOf(
  { object, before }: ConfigChange,
  { workloads: [{ canary }] }: CanaryPlan,
  surveyed: Surveyed,
): readonly KubeObject[] {
  const live = surveyed.live.get(identityOf(refOf(object)));
  const release = canary.metadata.labels?.[releaseLabel];
  if (before === undefined || live === undefined || release === undefined) return [];
  return [keptCopy(live, before, release)];
}
