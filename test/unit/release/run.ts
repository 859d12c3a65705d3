import { valueAt } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/kube-object.ts';
import type { Ending } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/outcome.ts';
import type { WritingPlan } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/plan.ts';
import { recordFor } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/record.ts';
import { runRelease } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/release/run-release.ts';
import { canaryPlan, type Doubles, deployment } from './doubles.ts';

export const claim = { run: { id: '1', title: 'run 1' }, startedAt: 'now', release: 'web', locks: [] };

/** Runs a plan on a cluster that has its stable version. */
export async function run(ports: Doubles, plan: WritingPlan = canaryPlan()): Promise<Ending> {
  if (plan.kind === 'canary') await ports.cluster.apply(deployment('web', 'app:1'));
  ports.cluster.writes.length = 0;
  return runRelease(plan, ports, recordFor(claim, plan));
}

/** The image that an object's pods run. */
export function image(ports: Doubles, name: string): unknown {
  const containers = valueAt(ports.cluster.objects.get(name), 'spec', 'template', 'spec', 'containers');
  return Array.isArray(containers) ? containers[0].image : undefined;
}
