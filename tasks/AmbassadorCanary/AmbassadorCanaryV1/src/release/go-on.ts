import { raiseCapacity } from './keep-capacity.ts';
import type { ReleaseContext } from './release-context.ts';

/**
 * Takes a canary over from the process that began it, before the step at `at`: its routes, so that no other process writes them any
 * more, and what the checks have learnt. Rejects with `CLUSTER_CONFLICT` where a route is somebody else's by now.
 */
export async function goOn(context: ReleaseContext, at: number): Promise<void> {
  const { ports, record, plan } = context;
  const { steps } = plan.spec;
  await context.while(ports.router.rejoin());
  // Where somebody has lowered a minimum since, or made an autoscaler.
  await raiseCapacity(context);
  const step = steps[at];
  const where =
    step === undefined
      ? 'promotes what has passed'
      : `goes on at step ${at + 1} of ${steps.length} (${step.weight}), with a new measurement`;
  context.tell({ type: 'notice', text: `The canary is there as planned: this run ${where}` });
  const opened = record.step?.passed === false ? at + 1 : at;
  if (ports.metrics.goOnWith(record.evidence, opened) || step === undefined) return;
  const text = 'What the checks had learnt cannot be read: the comparison with stable begins anew';
  context.tell({ type: 'warning', text });
}
