import type { KubeObject } from './kube-object.ts';
import type { Route, WorkloadRelease } from './plan.ts';
import type { ReleaseSpec } from './spec.ts';
import type { Weight } from './weight.ts';

/** What the canary of one workload is made of, in the form in which it is applied for its first weight. */
export function canaryObjects(
  spec: ReleaseSpec,
  workload: WorkloadRelease,
  weight: Weight,
): readonly KubeObject[] {
  const replicas = canaryReplicas(spec, workload, weight);
  const { canary, services } = workload;
  return [...services, { ...canary, spec: { ...(canary.spec as object), replicas } }];
}

/** The pods that the canary has at this weight. */
export function canaryReplicas(
  spec: ReleaseSpec,
  { stableReplicas }: Pick<WorkloadRelease, 'stableReplicas'>,
  weight: Weight,
): number {
  return spec.canaryReplicas === 'auto' ? weight.shareOf(stableReplicas) : spec.canaryReplicas;
}

/** A route's twin with this share of its group. */
export function twinAt({ twin }: Pick<Route, 'twin'>, weight: Weight): KubeObject {
  return { ...twin, spec: { ...(twin.spec as object), weight: weight.percent } };
}
