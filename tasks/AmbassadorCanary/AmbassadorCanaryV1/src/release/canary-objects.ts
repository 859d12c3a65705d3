import { identityOf, type KubeObject, refOf } from './kube-object.ts';
import type { CanaryPlan, Route, WorkloadRelease } from './plan.ts';
import { closestPods } from './pod-share.ts';
import type { ReleaseSpec } from './spec.ts';
import { Weight } from './weight.ts';

/**
 * The Services and workloads of the canaries, in the form in which they are applied before their first weight. Each is there once:
 * two workloads behind one Service bring the same canary of it.
 */
export function canaryObjects({
  spec,
  workloads,
}: Pick<CanaryPlan, 'spec' | 'workloads'>): readonly KubeObject[] {
  const objects = workloads.flatMap(workload => {
    const { canary, services } = workload;
    // Pods that have requests at once come with the weight.
    const replicas = workload.sharing ? 0 : canaryReplicas(spec, workload, firstWeight(spec));
    return [...services, { ...canary, spec: { ...(canary.spec as object), replicas } }];
  });
  return [...new Map(objects.map(object => [identityOf(refOf(object)), object])).values()];
}

/** The weight of the first step. */
export function firstWeight({ steps }: Pick<ReleaseSpec, 'steps'>): Weight {
  return steps[0]?.weight ?? Weight.zero;
}

/** The pods that the canary has at this weight, as far as stable keeps the replicas that it had at the start. */
export function canaryReplicas(
  spec: ReleaseSpec,
  { stableReplicas, sharing }: Pick<WorkloadRelease, 'stableReplicas' | 'sharing'>,
  weight: Weight,
): number {
  if (sharing !== undefined) return closestPods(stableReplicas, weight, sharing.maxSurgePods);
  return spec.canaryReplicas === 'auto' ? weight.shareOf(stableReplicas) : spec.canaryReplicas;
}

/** A route's twin with this share of its group. */
export function twinAt({ twin }: Pick<Route, 'twin'>, weight: Weight): KubeObject {
  return { ...twin, spec: { ...(twin.spec as object), weight: weight.percent } };
}
