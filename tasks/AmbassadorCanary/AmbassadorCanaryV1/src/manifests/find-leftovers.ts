import type { Leftovers } from '../release/clear-leftovers.ts';
import { asRecord, type KubeObject, refOf, valueAt } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import { percentOf } from '../release/pod-share.ts';
import { podLabels } from './canary-labels.ts';
import { serviceOf, twinName } from './mapping-twin.ts';
import { canaryName } from './names.ts';
import { annotated, mappingRefOf, unknownRouting } from './routing.ts';
import type { Surveyed } from './surveyed.ts';

/** Of which a canary has copies. Somebody may copy the label to an original; the name is ours alone. */
const copiedKinds = ['ConfigMap', 'Secret', 'SecretProviderClass', 'NetworkPolicy', 'PodDisruptionBudget'];

/**
 * What an earlier run of this release left in the cluster, as its labels tell; empty lists where there is nothing. A twin may be in
 * any namespace, where another namespace's release of the same name has its own as well: it is ours if it leads to these `namespaces`.
 */
export function findLeftovers(
  surveyed: Pick<Surveyed, 'live' | 'services' | 'mappings' | 'routing'>,
  release: string,
  namespaces: readonly (string | undefined)[],
): Leftovers {
  const isOurs = (object: KubeObject) => object.metadata.labels?.[releaseLabel] === release;
  const twins = surveyed.mappings
    .filter(isOurs)
    .filter(twin => namespaces.includes(serviceOf(twin)?.namespace ?? twin.metadata.namespace));
  const stables = [...surveyed.mappings, ...annotated(surveyed.routing ?? unknownRouting, 'Mapping')];
  const routes = twins.map(twin => {
    const stable = stables.find(
      mapping =>
        mapping.metadata.namespace === twin.metadata.namespace && twinName(mapping) === twin.metadata.name,
    );
    return stable === undefined ? { twin: refOf(twin) } : { stable: mappingRefOf(stable), twin: refOf(twin) };
  });
  const deployments = [...surveyed.live.values()].filter(({ kind }) => kind === 'Deployment');
  // Only where its pods carry our label do they answer stable's Services.
  const sharing = deployments.filter(isOurs).filter(canary => podLabels(canary)[releaseLabel] === release);
  const weights = [
    ...twins.map(twin => Number(asRecord(twin.spec)?.weight ?? 0)),
    ...sharing.map(canary => shareOf(canary, deployments)),
  ];
  const others = [...surveyed.live.values()].filter(
    ({ kind, metadata: { name } }) =>
      kind === 'Deployment' || (copiedKinds.includes(kind) && name.endsWith('-canary')),
  );
  return {
    routes: [...routes, ...sharing.map(canary => ({ twin: refOf(canary) }))],
    canary: [...surveyed.services, ...others].filter(isOurs).map(refOf),
    weight: Math.max(0, ...weights),
  };
}

/** In whole percent, at least 1 where it has pods at all. */
function shareOf(canary: KubeObject, deployments: readonly KubeObject[]): number {
  const { name, namespace } = canary.metadata;
  const stable = deployments.find(
    ({ metadata }) => metadata.namespace === namespace && canaryName(metadata.name) === name,
  );
  const podsOf = (workload: KubeObject | undefined) => Number(valueAt(workload, 'spec', 'replicas') ?? 0);
  const share = { canary: podsOf(canary), all: podsOf(canary) + podsOf(stable) };
  return Math.ceil(percentOf(share));
}
