import { asRecord, asRecords, type KubeObject, nameOf, refOf, valueAt } from './kube-object.ts';
import { fieldManager, type Promotion, type WorkloadRelease } from './plan.ts';
import { versionOf } from './pod-template.ts';
import type { Footing } from './ports.ts';
import type { ReleaseContext } from './release-context.ts';
import { isSameJson } from './same-json.ts';
import { replicasAt } from './start-canary.ts';
import { Weight } from './weight.ts';

/** All that a release stands on while users are on the canary, with what may become of it. */
export function footingOf(context: ReleaseContext): readonly Footing[] {
  const { plan, ports } = context;
  return [
    ...ports.router.footing(),
    ...plan.workloads.flatMap(workload => [
      stableFooting(workload),
      canaryFooting(workload, () =>
        // Where pods are the share, the router scales them, and looks before it does.
        workload.sharing === undefined ? replicasAt(context, workload, Weight.of(context.record.weight)) : 0,
      ),
      ...workload.services.map(serviceFooting),
    ]),
  ];
}

function stableFooting(workload: WorkloadRelease): Footing {
  const name = nameOf(workload.stable);
  return {
    ref: workload.stable,
    check: live => (live === undefined ? `${name} was deleted` : deployedMeanwhile(workload, live)),
  };
}

/** Whether somebody else has deployed to stable since the release began; a promotion would overwrite that. */
export function deployedMeanwhile({ stable, ran }: Promotion, live: KubeObject): string | undefined {
  if (isSameJson(versionOf(live), ran)) return undefined;
  return `${nameOf(stable)} got other pods${byWhom(live, 'template')}: another deployment is under way, which this release must not overwrite`;
}

/** It is only ever scaled up, and its weight is noted after that, so that a watch that lags sees nothing wrong. */
function canaryFooting({ canary }: WorkloadRelease, least: () => number): Footing {
  const ref = refOf(canary);
  return {
    ref,
    isMadeByUs: true,
    check: live => {
      if (live === undefined) return `${nameOf(ref)} was deleted`;
      const replicas = valueAt(live, 'spec', 'replicas') ?? 1;
      const needed = least();
      if (typeof replicas !== 'number' || replicas >= needed) return undefined;
      return `${nameOf(ref)} was scaled to ${replicas}${byWhom(live, 'replicas')}; its weight needs ${needed}`;
    },
  };
}

function serviceFooting(service: KubeObject): Footing {
  const ref = refOf(service);
  return {
    ref,
    isMadeByUs: true,
    check: live => {
      if (live === undefined) return `${nameOf(ref)} was deleted: requests for the canary find nobody`;
      if (isSameJson(valueAt(live, 'spec', 'selector'), valueAt(service, 'spec', 'selector')))
        return undefined;
      return `${nameOf(ref)} selects other pods than the canary's${byWhom(live, 'selector')}`;
    },
  };
}

/** ` (by kubectl-edit)`: who else than we last wrote this field of `spec`, where the API server tells. */
export function byWhom(live: KubeObject, field: string): string {
  const writers = foreignWriters(live, field);
  return writers.length === 0 ? '' : ` (by ${writers.join(', ')})`;
}

/** The field managers besides ours that own this field of `spec`, or a part of it. */
export function foreignWriters({ metadata }: KubeObject, field: string): readonly string[] {
  const names = asRecords(metadata.managedFields)
    .filter(({ fieldsV1 }) => asRecord(valueAt(fieldsV1, 'f:spec'))?.[`f:${field}`] !== undefined)
    .map(({ manager }) => String(manager))
    .filter(name => name !== fieldManager);
  return [...new Set(names)].sort();
}
