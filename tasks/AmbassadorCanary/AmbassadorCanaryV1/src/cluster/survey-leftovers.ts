import type { Surveyed } from '../manifests/surveyed.ts';
import { identityOf, type KubeObject, refOf } from '../release/kube-object.ts';
import { releaseLabel } from '../release/plan.ts';
import type { ListingCluster } from './reach.ts';
import { unlessHidden } from './survey-around.ts';
import { surveyRouting } from './survey-routing.ts';

/** What a canary may consist of besides its Services and Mappings. What a connection may not list it has not made. */
const kinds = [
  ['apps/v1', 'Deployment'],
  ['v1', 'ConfigMap'],
  ['v1', 'Secret'],
  ['secrets-store.csi.x-k8s.io/v1', 'SecretProviderClass'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['policy/v1', 'PodDisruptionBudget'],
] as const;

/**
 * Looks for what carries the label of a release in these namespaces, and for the Mappings that lead there, wherever they are.
 * Nothing is tried out, so that manifests that could not be released are no obstacle.
 */
export async function surveyLeftovers(
  release: string,
  namespaces: readonly string[],
  cluster: ListingCluster,
): Promise<Pick<Surveyed, 'live' | 'services' | 'mappings' | 'routing'>> {
  const options = { labelSelector: `${releaseLabel}=${release}` };
  const listed = async ([apiVersion, kind]: (typeof kinds)[number]): Promise<readonly KubeObject[]> => {
    const lists = await Promise.all(
      namespaces.map(async namespace => {
        const objects = await unlessHidden(cluster.list(apiVersion, kind, namespace, options));
        return objects === 'hidden' ? [] : (objects ?? []);
      }),
    );
    return lists.flat();
  };
  const [{ services, mappings, routing }, ...lists] = await Promise.all([
    surveyRouting(cluster, namespaces),
    ...kinds.map(listed),
  ]);
  const live = new Map(lists.flat().map(object => [identityOf(refOf(object)), object]));
  return { live, services, mappings, routing };
}
