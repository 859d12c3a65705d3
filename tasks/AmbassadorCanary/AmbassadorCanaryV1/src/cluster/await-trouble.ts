import { selects } from '../manifests/selector.ts';
import { toCanaryErrors } from '../release/errors.ts';
import { asStringMap, type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import type { Clock, TroubleOptions } from '../release/ports.ts';
import { firstSign } from './first-sign.ts';
import { follow } from './follow.ts';
import type { KubeApi } from './kube-api.ts';
import { PodTrouble } from './pod-trouble.ts';
import { selectorQuery } from './selector.ts';

/** Workloads of one namespace whose pods can be asked for together. */
type Group = readonly [KubeObject, ...KubeObject[]];

/** Their names stand in the address, which a proxy may not let grow beyond 8 KB. */
const mostInOne = 50;

/** `Cluster.awaitTrouble`, by one watch on the pods of a namespace where the selectors have the same keys, as they mostly do. */
export function awaitTrouble(
  api: KubeApi,
  clock: Clock,
  workloads: readonly KubeObject[],
  { signal, onBlind }: TroubleOptions,
): Promise<string | undefined> {
  return firstSign(
    signal,
    groupsOf(workloads).map(group => watching => watch(group, watching)),
  );

  async function watch(group: Group, watching: AbortSignal): Promise<string | undefined> {
    const [first, ...others] = group;
    const { namespace } = first.metadata;
    const watched = group.map(workload => ({
      workload,
      pods: new PodTrouble(),
      isOf: (pod: KubeObject) =>
        others.length === 0 || selects(selectorOf(workload), pod.metadata.labels ?? {}),
    }));
    try {
      const collection = {
        apiVersion: 'v1',
        kind: 'Pod',
        ...(namespace && { namespace }),
        labelSelector: queryOf(group),
      };
      for await (const change of follow(api, clock, collection, watching)) {
        for (const { workload, pods, isOf } of watched) {
          if (change.type === 'listed') pods.seeAll(change.objects.filter(isOf));
          else if (change.type === 'changed' && isOf(change.object)) pods.see(change.object);
          else pods.miss(change.object);
          const { sign } = pods;
          if (sign !== undefined) return workloads.length > 1 ? `${workload.metadata.name}: ${sign}` : sign;
        }
      }
    } catch (error) {
      const why = toCanaryErrors(error)[0]?.message ?? 'no reason given';
      const more = others.length === 0 ? '' : ` and ${others.length} more`;
      if (!watching.aborted) onBlind(`The pods of ${nameOf(refOf(first))}${more} are not watched: ${why}`);
    }
    // Who can't see no trouble has not seen that there is none: the checks go on alone.
    return new Promise(() => {});
  }
}

function groupsOf(workloads: readonly KubeObject[]): readonly Group[] {
  const groups = new Map<string, [KubeObject, ...KubeObject[]][]>();
  for (const workload of workloads) {
    const { namespace = '', name } = workload.metadata;
    const keys = Object.keys(labelsOf(workload)).sort();
    const isPlain = keys.length > 0 && valueAt(selectorOf(workload), 'matchExpressions') === undefined;
    const key = isPlain ? `${namespace}|${keys}` : `${namespace}||${name}`;
    const alike = groups.get(key) ?? [];
    groups.set(key, alike);
    const last = alike.at(-1);
    if (last === undefined || last.length === mostInOne) alike.push([workload]);
    else last.push(workload);
  }
  return [...groups.values()].flat();
}

/** All pods of the group, and perhaps some that have the labels of several of its workloads: those are of none. */
function queryOf(group: Group): string {
  const [first, ...others] = group;
  if (others.length === 0) return selectorQuery(selectorOf(first));
  const matchExpressions = Object.keys(labelsOf(first)).map(key => ({
    key,
    operator: 'In',
    values: [...new Set(group.map(workload => labelsOf(workload)[key]))],
  }));
  return selectorQuery({ matchExpressions });
}

function labelsOf(workload: KubeObject): Readonly<Record<string, string>> {
  return asStringMap(valueAt(selectorOf(workload), 'matchLabels'));
}

function selectorOf(workload: KubeObject): unknown {
  return valueAt(workload, 'spec', 'selector');
}
