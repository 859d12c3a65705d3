import { setMaxListeners } from 'node:events';
import { toCanaryErrors } from '../release/errors.ts';
import { type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import type { Clock, TroubleOptions } from '../release/ports.ts';
import { follow } from './follow.ts';
import type { KubeApi } from './kube-api.ts';
import { PodTrouble } from './pod-trouble.ts';
import { selectorQuery } from './selector.ts';

/** `Cluster.awaitTrouble`, by one watch on the pods of each workload. */
export async function awaitTrouble(
  api: KubeApi,
  clock: Clock,
  workloads: readonly KubeObject[],
  { signal, onBlind }: TroubleOptions,
): Promise<string | undefined> {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const end = () => stop.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    const over = new Promise<undefined>(resolve => {
      stop.signal.addEventListener('abort', () => resolve(undefined), { once: true });
      if (stop.signal.aborted) resolve(undefined);
    });
    return await Promise.race([over, ...workloads.map(watch)]);
  } finally {
    signal.removeEventListener('abort', end);
    stop.abort();
  }

  async function watch(workload: KubeObject): Promise<string | undefined> {
    const { namespace } = workload.metadata;
    const pods = new PodTrouble();
    try {
      const labelSelector = selectorQuery(valueAt(workload, 'spec', 'selector'));
      const collection = { apiVersion: 'v1', kind: 'Pod', ...(namespace && { namespace }), labelSelector };
      for await (const change of follow(api, clock, collection, stop.signal)) {
        if (change.type === 'listed') pods.seeAll(change.objects);
        else if (change.type === 'changed') pods.see(change.object);
        else pods.miss(change.object);
        const { sign } = pods;
        if (sign !== undefined) return workloads.length > 1 ? `${workload.metadata.name}: ${sign}` : sign;
      }
    } catch (error) {
      const why = toCanaryErrors(error)[0]?.message ?? 'no reason given';
      if (!stop.signal.aborted) onBlind(`The pods of ${nameOf(refOf(workload))} are not watched: ${why}`);
    }
    // Who can't see no trouble has not seen that there is none: the checks go on alone.
    return new Promise(() => {});
  }
}
