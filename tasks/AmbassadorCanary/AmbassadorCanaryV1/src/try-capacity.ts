import { remarkOn, withoutHold } from './manifests/plan-capacity.ts';
import { type CanaryError, toCanaryErrors } from './release/errors.ts';
import type { CanaryPlan } from './release/plan.ts';
import type { Cluster } from './release/ports.ts';

/**
 * Has the API server say, by dry run, whether the autoscalers of stable may be read and changed; resolves to what the plan then says,
 * without those that may not be, and to what stands against it: weights that are too high for that, and all else that is refused.
 */
export async function tryCapacity(
  plan: CanaryPlan,
  cluster: Cluster,
): Promise<Pick<CanaryPlan, 'capacity' | 'notes' | 'remarks'> & { readonly errors: readonly CanaryError[] }> {
  const tried = await Promise.all(
    plan.capacity.map(async hold => {
      const { autoscaler, field, raised } = hold;
      try {
        await cluster.get(autoscaler);
        const operations = [{ op: 'add', path: `/spec/${field}`, value: raised } as const];
        await cluster.patch(autoscaler, operations, { dryRun: true });
        return { hold, errors: [], notes: [], untold: undefined };
      } catch (thrown) {
        const errors = toCanaryErrors(thrown);
        const isForbidden = errors.every(({ code }) => code === 'CLUSTER_FORBIDDEN');
        const without = isForbidden
          ? withoutHold(autoscaler, plan.spec, 'may not be changed by this connection')
          : { errors, notes: [] };
        return { ...without, untold: remarkOn(hold) };
      }
    }),
  );
  const untold = new Set(tried.map(one => one.untold));
  return {
    capacity: tried.flatMap(({ hold }) => hold ?? []),
    notes: [...plan.notes, ...tried.flatMap(({ notes }) => notes)],
    remarks: plan.remarks.filter(remark => !untold.has(remark)),
    errors: tried.flatMap(({ errors }) => errors),
  };
}
