import { autoscaledAmong, scaledObjectOf, scales } from '../manifests/autoscaled.ts';
import { onLiveSelector } from '../manifests/live-selector.ts';
import type { Change, Surveyed } from '../manifests/surveyed.ts';
import { type CanaryError, hasCode, throwIfAny, toCanaryErrors } from '../release/errors.ts';
import { identityOf, type KubeObject, type ObjectRef, refOf } from '../release/kube-object.ts';
import type { Cluster } from '../release/ports.ts';
import type { TrafficSplit } from '../release/spec.ts';
import { inParallel } from './in-parallel.ts';
import { changeOf } from './live-change.ts';
import type { ListingCluster } from './reach.ts';
import { type AroundCluster, listRules, lookAround, unlessHidden } from './survey-around.ts';
import { surveyRouting, surveyServices } from './survey-routing.ts';

/** What a survey asks of the cluster beyond the runner's needs. */
export interface SurveyCluster extends AroundCluster, ListingCluster {
  isNamespaced(apiVersion: string, kind: string): Promise<boolean>;
}

/** The objects with the namespace filled in where a manifest names none and its kind has one. */
export async function inNamespaces(
  objects: readonly KubeObject[],
  fallback: string,
  cluster: Pick<SurveyCluster, 'isNamespaced'>,
): Promise<readonly KubeObject[]> {
  return Promise.all(
    objects.map(async object => {
      const namespaced = await cluster.isNamespaced(object.apiVersion, object.kind);
      const { namespace, ...metadata } = object.metadata;
      if (!namespaced) return { ...object, metadata };
      return { ...object, metadata: { ...metadata, namespace: namespace ?? fallback } };
    }),
  );
}

/**
 * Looks at everything a plan depends on and changes nothing: what exists, and what the API server's dry run says would
 * become of it. One list a kind and namespace, however many workloads there are. Throws all that is refused at once. Without
 * Mappings where pods split the traffic.
 */
export async function survey(
  objects: readonly KubeObject[],
  cluster: SurveyCluster,
  { method }: Pick<TrafficSplit, 'method'> = { method: 'ambassador' },
): Promise<Surveyed> {
  const namespaces = [
    ...new Set(objects.map(object => object.metadata.namespace).filter(name => name !== undefined)),
  ];
  const listed = async (apiVersion: string, kind: string) =>
    (await Promise.all(namespaces.map(namespace => cluster.list(apiVersion, kind, namespace)))).flat();
  const [{ services, mappings, routing }, deployments, autoscalers, rules] = await Promise.all([
    method === 'pod' ? surveyServices(cluster, namespaces) : surveyRouting(cluster, namespaces),
    listed('apps/v1', 'Deployment'),
    listAutoscalers(namespaces, cluster),
    listRules(namespaces, cluster),
  ]);
  const live = new Map<string, KubeObject>();
  for (const object of [...deployments, ...services, ...mappings, ...autoscalers]) {
    live.set(identityOf(refOf(object)), object);
  }
  await inParallel(objects, async object => {
    const ref = refOf(object);
    if (live.has(identityOf(ref)) || isListed(ref)) return;
    const found = await cluster.get(ref);
    if (found !== undefined) live.set(identityOf(ref), found);
  });
  const autoscaled = autoscaledAmong(deployments, autoscalers);
  const changes = await dryRun(objects, live, autoscaled, cluster);
  const { around, found } = await lookAround({ objects, live, changes, autoscaled, rules }, cluster);
  for (const object of found) live.set(identityOf(refOf(object)), object);
  return {
    live,
    services,
    mappings,
    routing,
    changes,
    autoscaled,
    autoscalers: await ownersOf(autoscalers, objects, cluster),
    // Policies and budgets of stable hold for pods that bear all of its labels, whether we see them or not.
    around: method === 'pod' ? { ...around, notes: [] } : around,
  };
}

/** Clusters before 1.23 serve v1 only, which names minimum, maximum and target alike. */
async function listAutoscalers(
  namespaces: readonly string[],
  cluster: ListingCluster,
): Promise<readonly KubeObject[]> {
  const kind = 'HorizontalPodAutoscaler';
  const lists = await Promise.all(
    namespaces.map(async namespace => {
      const found = await unlessUnknown(cluster.list('autoscaling/v2', kind, namespace));
      return found ?? cluster.list('autoscaling/v1', kind, namespace);
    }),
  );
  return lists.flat();
}

async function unlessUnknown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (hasCode(thrown, 'KIND_UNKNOWN')) return undefined;
    throw thrown;
  }
}

/** KEDA writes its HPAs anew when somebody changes them, so it is its own object that counts. */
async function ownersOf(
  autoscalers: readonly KubeObject[],
  objects: readonly KubeObject[],
  cluster: Cluster,
): Promise<readonly KubeObject[]> {
  const deployments = objects.filter(({ kind }) => kind === 'Deployment');
  return Promise.all(
    autoscalers
      .filter(autoscaler => deployments.some(deployment => scales(autoscaler, deployment)))
      .map(async autoscaler => {
        const owner = scaledObjectOf(autoscaler);
        const found = owner === undefined ? undefined : await unlessHidden(cluster.get(owner));
        return found === undefined || found === 'hidden' ? autoscaler : found;
      }),
  );
}

function isListed({ apiVersion, kind }: ObjectRef): boolean {
  return (
    (kind === 'Deployment' && apiVersion === 'apps/v1') ||
    (kind === 'Service' && apiVersion === 'v1') ||
    (kind === 'Mapping' && apiVersion.startsWith('getambassador.io/')) ||
    kind === 'HorizontalPodAutoscaler'
  );
}

async function dryRun(
  objects: readonly KubeObject[],
  live: ReadonlyMap<string, KubeObject>,
  autoscaled: ReadonlySet<string>,
  cluster: Cluster,
): Promise<ReadonlyMap<string, Change>> {
  const changes = new Map<string, Change>();
  const errors: CanaryError[] = [];
  const coming = new Set(
    objects
      .filter(object => object.kind === 'Namespace' && !live.has(identityOf(refOf(object))))
      .map(object => object.metadata.name),
  );
  await inParallel(objects, async object => {
    const identity = identityOf(refOf(object));
    // In a namespace that this release makes, the server can't try anything yet.
    if (coming.has(object.metadata.namespace ?? '')) return;
    try {
      const running = live.get(identity);
      const manifest = onLiveSelector(object, running);
      const change = await changeOf(manifest, running, autoscaled.has(identity), cluster);
      if (change !== undefined) changes.set(identity, change);
    } catch (thrown) {
      errors.push(...toCanaryErrors(thrown));
    }
  });
  throwIfAny(errors);
  return changes;
}
