import type { Leftovers } from '../release/clear-leftovers.ts';
import { asRecord, type KubeObject, refOf } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import { serviceOf, twinName } from './mapping-twin.ts';
import { annotated, mappingRefOf, unknownRouting } from './routing.ts';
import type { Surveyed } from './surveyed.ts';

/** Of which a canary has copies. Somebody may copy the label to an original; the name is ours alone. */
const copiedKinds = ['ConfigMap', 'Secret', 'SecretProviderClass', 'NetworkPolicy', 'PodDisruptionBudget'];

/**
 * What an earlier run of this release left in the cluster, as its labels tell; empty lists where there is nothing. A twin may be in
 * any namespace, where another namespace's release of the same name has its own as well: it is ours if it leads to these `namespaces`.
 */
export function findLeftovers(
  surveyed: Surveyed,
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
  const weights = twins.map(twin => Number(asRecord(twin.spec)?.weight ?? 0));
  const others = [...surveyed.live.values()].filter(
    ({ kind, metadata: { name } }) =>
      kind === 'Deployment' || (copiedKinds.includes(kind) && name.endsWith('-canary')),
  );
  return {
    routes,
    canary: [...surveyed.services, ...others].filter(isOurs).map(refOf),
    weight: Math.max(0, ...weights),
  };
}
