import { beforeName, isConfiguration } from '../manifests/config-twins.ts';
import { canaryName } from '../manifests/names.ts';
import { claimsOf, newNeeds } from '../manifests/needs.ts';
import type { Labels } from '../manifests/selector.ts';
import type { Around, Change, Managed, Missing } from '../manifests/surveyed.ts';
import { hasCode } from '../release/errors.ts';
import { identityOf, type KubeObject, type ObjectRef, refOf } from '../release/kube-object.ts';
import type { Cluster } from '../release/ports.ts';
import { inParallel } from './in-parallel.ts';
import { withLiveReplicas } from './live-change.ts';
import type { ListingCluster } from './reach.ts';

/** What looking around asks of the cluster. */
export interface AroundCluster extends Cluster, Pick<ListingCluster, 'list'> {
  /** The field managers that applying this object would take fields from. */
  otherManagers(object: KubeObject): Promise<readonly string[]>;
}

/** What holds pods by their labels: policies and budgets. */
export interface Rules {
  readonly policies: readonly KubeObject[];
  readonly budgets: readonly KubeObject[];
  /** What of them may not be seen. */
  readonly notes: readonly string[];
}

export interface Looked {
  readonly objects: readonly KubeObject[];
  readonly live: ReadonlyMap<string, KubeObject>;
  readonly changes: ReadonlyMap<string, Change>;
  readonly autoscaled: ReadonlySet<string>;
  readonly rules: Rules;
}

/** The policies of the cluster and the budgets of these namespaces, as far as they may be seen. */
export async function listRules(namespaces: readonly string[], cluster: AroundCluster): Promise<Rules> {
  const notes: string[] = [];
  const meaning = 'the canary gets none of its own';
  const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespaces, meaning };
  const [budgets, policies] = await Promise.all([
    listEach(cluster, budget, notes),
    listPolicies(cluster, namespaces, notes),
  ]);
  return { policies, budgets, notes };
}

/**
 * Sees what stands around the workloads: whom policies let in, what the new version needs, who else manages what changes. What was
 * found on the way, and the objects under names that the release would use, are in `found`. What may not be
 * seen is named, and no reason to stop.
 */
export async function lookAround(
  looked: Looked,
  cluster: AroundCluster,
): Promise<{ readonly around: Around; readonly found: readonly KubeObject[] }> {
  const { objects, live, rules } = looked;
  const namespaces = [
    ...new Set(objects.map(object => object.metadata.namespace).filter(name => name !== undefined)),
  ];
  const wanted = newNeeds(objects, live);
  const claims = objects.filter(({ kind }) => kind === 'Deployment').flatMap(claimsOf);
  const found = new Map<string, KubeObject>();
  const unknown = new Set<string>();
  const toGet = new Map(
    [...wanted.map(({ ref }) => ref), ...claims, ...namesToUse(looked)].map(ref => [identityOf(ref), ref]),
  );
  const lookUp = inParallel(
    [...toGet].filter(([identity]) => !live.has(identity)),
    async ([identity, ref]) => {
      const object = await unlessHidden(cluster.get(ref));
      if (object === 'hidden') unknown.add(identity);
      else if (object !== undefined) found.set(identity, object);
    },
  );
  const [namespaceLabels, managed] = await Promise.all([
    labelsOf(namespacesWithPeers(rules.policies, namespaces), cluster),
    otherManagers(looked, cluster),
    lookUp,
  ]);
  const isMissing = ({ ref }: Missing) =>
    !unknown.has(identityOf(ref)) && !found.has(identityOf(ref)) && !live.has(identityOf(ref));
  const around = { ...rules, namespaceLabels, missing: wanted.filter(isMissing), managed };
  return { around, found: [...found.values(), ...rules.policies, ...rules.budgets] };
}

/** Copies of what changes, and what promotion keeps of it: somebody else's object may have the name. */
function namesToUse({ objects, live, changes }: Looked): readonly ObjectRef[] {
  return objects.flatMap(object => {
    const ref = refOf(object);
    const identity = identityOf(ref);
    const before = { ...ref, name: beforeName(ref.name) };
    const change = changes.get(identity);
    if (isConfiguration(ref)) {
      const twin = { ...ref, name: canaryName(ref.name) };
      if (!live.has(identity)) return [twin];
      if (change?.content !== undefined) return [twin, before];
      return change?.besidesTemplate === true ? [before] : [];
    }
    return ref.kind === 'NetworkPolicy' && change?.besidesTemplate === true ? [before] : [];
  });
}

interface Listed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaces: readonly string[];
  readonly meaning: string;
}

async function listEach(
  cluster: AroundCluster,
  { apiVersion, kind, namespaces, meaning }: Listed,
  notes: string[],
): Promise<readonly KubeObject[]> {
  const lists = await Promise.all(
    namespaces.map(async namespace => {
      const objects = await unlessHidden(cluster.list(apiVersion, kind, namespace));
      if (objects !== 'hidden') return objects ?? [];
      notes.push(`No ${kind} of namespace ${namespace} may be listed by this connection: ${meaning}`);
      return [];
    }),
  );
  return lists.flat();
}

async function listPolicies(
  cluster: AroundCluster,
  namespaces: readonly string[],
  notes: string[],
): Promise<readonly KubeObject[]> {
  const [apiVersion, kind] = ['networking.k8s.io/v1', 'NetworkPolicy'];
  const all = await unlessHidden(cluster.list(apiVersion, kind, undefined));
  if (all !== 'hidden') return all ?? [];
  const meaning = 'one that holds stable does not hold the canary, or keeps its traffic out';
  const own = await listEach(cluster, { apiVersion, kind, namespaces, meaning }, notes);
  const where = namespaces.map(name => `namespace ${name}`).join(' and ');
  notes.push(
    `NetworkPolicies can be seen in ${where} at most: one elsewhere that admits stable's pods keeps the canary's out`,
  );
  return own;
}

/** The namespaces whose labels a policy asks for. */
function namespacesWithPeers(
  policies: readonly KubeObject[],
  namespaces: readonly string[],
): readonly string[] {
  return policies.some(policy => JSON.stringify(policy.spec ?? {}).includes('"namespaceSelector"'))
    ? namespaces
    : [];
}

async function labelsOf(
  namespaces: readonly string[],
  cluster: Cluster,
): Promise<ReadonlyMap<string, Labels>> {
  const labels = new Map<string, Labels>();
  await inParallel(namespaces, async name => {
    const namespace = await unlessHidden(cluster.get({ apiVersion: 'v1', kind: 'Namespace', name }));
    if (namespace !== undefined && namespace !== 'hidden') labels.set(name, namespace.metadata.labels ?? {});
  });
  return labels;
}

/** Who else manages fields that change: they may change them back, and whoever reads the log wants to know. */
async function otherManagers(
  { objects, live, changes, autoscaled }: Looked,
  cluster: AroundCluster,
): Promise<readonly Managed[]> {
  const managed: Managed[] = [];
  const changing = objects.filter(object => {
    const change = changes.get(identityOf(refOf(object)));
    return change !== undefined && (change.template || change.besidesTemplate);
  });
  await inParallel(changing, async object => {
    const identity = identityOf(refOf(object));
    const asApplied = autoscaled.has(identity) ? withLiveReplicas(live.get(identity), object) : object;
    const managers = await cluster.otherManagers(asApplied);
    if (managers.length > 0) managed.push({ object: refOf(object), managers });
  });
  return managed;
}

/** `undefined` also for a kind that the cluster does not serve: then there is none. */
export async function unlessHidden<T>(answer: Promise<T>): Promise<T | 'hidden' | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (hasCode(thrown, 'CLUSTER_FORBIDDEN')) return 'hidden';
    if (hasCode(thrown, 'KIND_UNKNOWN')) return undefined;
    throw thrown;
  }
}
