import { toCanaryErrors } from '../release/errors.ts';
import { type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import type { Clock, TroubleOptions } from '../release/ports.ts';
import { firstSign } from './first-sign.ts';
import { follow } from './follow.ts';
import type { KubeApi } from './kube-api.ts';
import { PodTrouble } from './pod-trouble.ts';
import { selectorQuery } from './selector.ts';

/** `Cluster.awaitTrouble`, by one watch on the pods of each workload. */
export function awaitTrouble(
  api: KubeApi,
  clock: Clock,
  workloads: readonly KubeObject[],
  { signal, onBlind }: TroubleOptions,
): Promise<string | undefined> {
  return firstSign(
    signal,
    workloads.map(workload => watching => watch(workload, watching)),
  );

  async function watch(workload: KubeObject, watching: AbortSignal): Promise<string | undefined> {
    const { namespace } = workload.metadata;
    const pods = new PodTrouble();
    try {
      const labelSelector = selectorQuery(valueAt(workload, 'spec', 'selector'));
      const collection = { apiVersion: 'v1', kind: 'Pod', ...(namespace && { namespace }), labelSelector };
      for await (const change of follow(api, clock, collection, watching)) {
        if (change.type === 'listed') pods.seeAll(change.objects);
        else if (change.type === 'changed') pods.see(change.object);
        else pods.miss(change.object);
        const { sign } = pods;
        if (sign !== undefined) return workloads.length > 1 ? `${workload.metadata.name}: ${sign}` : sign;
      }
    } catch (error) {
      const why = toCanaryErrors(error)[0]?.message ?? 'no reason given';
      if (!watching.aborted) onBlind(`The pods of ${nameOf(refOf(workload))} are not watched: ${why}`);
    }
    // Who can't see no trouble has not seen that there is none: the checks go on alone.
    return new Promise(() => {});
  }
}
