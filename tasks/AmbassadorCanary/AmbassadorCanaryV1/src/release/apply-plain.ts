import { CanaryError, toCanaryErrors } from './errors.ts';
import { nameOf, refOf } from './kube-object.ts';
import { listNames } from './list-names.ts';
import type { Ending } from './outcome.ts';
import type { ApplyPlan } from './plan.ts';
import type { Ports } from './ports.ts';
import { removeAdditions } from './remove.ts';
import { holdsRouteText, isRoute } from './route-text.ts';
import { awaitPropagation } from './settle.ts';

/**
 * Applies a release that has no traffic to put on trial and waits for its workloads. One that never gets ready is removed
 * again as far as it is new; what was there before stays as applied, because there is no old version to tell it from.
 */
export async function applyPlain(plan: ApplyPlan, ports: Ports): Promise<Ending> {
  const { cluster, pipeline } = ports;
  const workloads = plan.objects
    .map(({ object }) => refOf(object))
    .filter(({ kind, apiVersion }) => kind === 'Deployment' && apiVersion === 'apps/v1');
  const signal = AbortSignal.any([pipeline.cancelled, ports.lock.lost]);
  try {
    let isTextNew = false;
    for (const { object, isNew } of plan.objects) {
      if (isTextNew && isRoute(object)) {
        isTextNew = false;
        await awaitPropagation('the Mappings in annotations', ports, signal);
      }
      isTextNew ||= holdsRouteText(object);
      if (signal.aborted) throw new CanaryError('CANCELLED', 'The step was cancelled');
      await cluster.apply(object);
      pipeline.tell({ type: 'applied', object: refOf(object), note: isNew ? 'new' : 'changed' });
    }
    if (workloads.length > 0) {
      await cluster.awaitReady(workloads, {
        timeout: plan.spec.rolloutTimeout,
        signal,
        onProgress: what => pipeline.tell({ type: 'waiting', what, atMost: plan.spec.rolloutTimeout }),
      });
      pipeline.tell({ type: 'ready', what: listNames(workloads.map(nameOf)) });
    }
  } catch (thrown) {
    const errors = toCanaryErrors(thrown);
    const reason = errors
      .map(error => (pipeline.cancelled.aborted ? error.sentence : error.coded))
      .join('; ');
    if (ports.lock.lost.aborted) return { outcome: 'failed', reason, weight: 0, leftovers: [] };
    pipeline.tell({
      type: 'phase',
      phase: 'rolling-back',
      reason: errors.map(({ message }) => message).join('; '),
    });
    const added = plan.objects.filter(({ isNew }) => isNew).map(({ object }) => refOf(object));
    const leftovers = await removeAdditions({ cluster, tell: event => pipeline.tell(event) }, added);
    return {
      outcome: pipeline.cancelled.aborted ? 'cancelled' : 'rolled-back',
      reason,
      weight: 0,
      leftovers,
    };
  }
  return plan.kind === 'first-release'
    ? {
        outcome: 'first-release',
        reason: `${plan.name} runs for the first time: there was no stable version to compare with`,
        weight: 0,
        leftovers: [],
      }
    : {
        outcome: 'promoted',
        reason: `nothing that has traffic changed in ${plan.name}: the rest was applied without a canary`,
        weight: 0,
        leftovers: [],
      };
}
