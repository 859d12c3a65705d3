import { CanaryError, throwIfAny } from '../release/errors.ts';
import { identityOf, type KubeObject, nameOf, refOf } from '../release/kube-object.ts';
import type { Plan, Route } from '../release/plan.ts';
import type { LeaseName } from '../release/record.ts';
import type { ReleaseSpec } from '../release/spec.ts';
import { inApplyOrder } from './apply-order.ts';
import { changedConfiguration, readBy } from './config-twins.ts';
import { onLiveSelector } from './live-selector.ts';
import { canaryLabelValue, canaryName } from './names.ts';
import { onTwins, planSurroundings, withConfigDigest } from './plan-surroundings.ts';
import { planWorkload } from './plan-workload.ts';
import type { Surveyed } from './surveyed.ts';

/** Workloads that would take all their users to the new version at once, were they changed beside a canary. */
export const uncanariedKinds = ['StatefulSet', 'DaemonSet', 'ReplicaSet'];
/** Who may do what: the canary has the same account as stable, so a change is for both. */
const accessKinds = ['ServiceAccount', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'];
/** What the new version may need before its first pod starts, and which changes nothing for stable while it is new. */
const additionKinds = [
  ...accessKinds,
  'Namespace',
  'PriorityClass',
  'ConfigMap',
  'Secret',
  'SecretProviderClass',
  'PersistentVolumeClaim',
  'Service',
];

/**
 * From the manifests, with their images set and namespaces filled in, and what the cluster holds, to what a release will
 * do. Pure: nothing is touched. Throws every reason against the release at once.
 */
export function makePlan(spec: ReleaseSpec, manifests: readonly KubeObject[], surveyed: Surveyed): Plan {
  const release = releaseOf(manifests);
  const config = changedConfiguration(manifests, surveyed, release);
  const objects = manifests.map(manifest => {
    if (!isDeployment(manifest)) return manifest;
    const live = surveyed.live.get(identityOf(refOf(manifest)));
    return withConfigDigest(onLiveSelector(manifest, live), live, config);
  });
  const deployments = objects.filter(isDeployment);
  if (deployments.length === 0) {
    throw new CanaryError('NO_WORKLOAD', 'The manifests hold no Deployment', {
      expected: 'at least one `kind: Deployment` of apps/v1',
      found: objects.map(object => object.kind).join(', ') || 'nothing',
      hint: 'Check the input `manifests`: it takes files, folders and globs, one a line',
    });
  }
  const sorted = sortedDeployments(objects);
  const base = {
    spec,
    name: sorted.map(({ metadata }) => metadata.name).join(', '),
    namespace: sorted[0]?.metadata.namespace ?? 'default',
  };
  const isNew = (object: KubeObject) => !surveyed.live.has(identityOf(refOf(object)));
  const change = (object: KubeObject) => surveyed.changes.get(identityOf(refOf(object)));
  const differs = (object: KubeObject) => {
    const found = change(object);
    return isNew(object) || found?.template === true || found?.besidesTemplate === true;
  };

  const toApply = inApplyOrder(objects.filter(differs));
  if (toApply.length === 0) return { ...base, kind: 'unchanged', notes: [] };
  if (deployments.every(isNew)) {
    const applied = toApply.map(object => ({ object, isNew: isNew(object) }));
    return { ...base, kind: 'first-release', objects: applied, notes: [] };
  }

  const changed = sorted.filter(
    workload =>
      !isNew(workload) && (change(workload)?.template === true || readBy(workload, config).length > 0),
  );
  const uncanaried = objects
    .filter(object => uncanariedKinds.includes(object.kind) && change(object)?.template === true)
    .map(unsupported);
  if (changed.length === 0) throwIfAny(uncanaried);
  if (changed.length === 0) {
    const applied = toApply.map(object => ({ object, isNew: isNew(object) }));
    return { ...base, kind: 'apply-only', objects: applied, notes: [] };
  }

  const scope = { objects, surveyed, release, config };
  const found = changed.map(workload => planWorkload(workload, scope));
  const routed = found.filter(one => one.routes.length > 0);
  const workers = found.filter(one => one.routes.length === 0);
  const newOnes = sorted.filter(isNew);
  const around = planSurroundings(objects, surveyed, {
    pods: routed.map(({ pods }) => pods),
    readers: [...routed.map(({ workload }) => workload.promoted), ...newOnes],
    config,
    release,
  });
  const errors = [...uncanaried, ...found.flatMap(one => one.errors), ...around.errors];
  if (routed.length === 0 && errors.length === 0) errors.push(noRoute(changed));
  throwIfAny(errors);
  const [workload, ...workloads] = routed.map(one => one.workload);
  const [route, ...routes] = routed.flatMap(one => one.routes);
  if (workload === undefined || route === undefined) throw noRoute(changed);

  const placed = new Set([
    ...found.map(one => identityOf(one.workload.stable)),
    ...around.configuration.map(({ object }) => identityOf(refOf(object))),
  ]);
  const others = toApply.filter(object => !placed.has(identityOf(refOf(object))));
  const additions = others.filter(object => isNew(object) && additionKinds.includes(object.kind));
  // One that starts with copies is applied again at promotion, to read the originals.
  const onCopies = newOnes.filter(object => readBy(object, config).length > 0);
  const early = new Set([...additions, ...newOnes.filter(object => !onCopies.includes(object))]);
  const rest = others.filter(object => !early.has(object));
  return {
    ...base,
    kind: 'canary',
    workloads: [workload, ...workloads],
    routes: [route, ...uniqueRoutes(route, routes)],
    additions,
    newWorkloads: newOnes.map(object => onTwins(object, config)),
    surroundings: around.surroundings,
    configuration: around.configuration,
    workers: workers.map(({ workload: { stable, promoted, changesBesidesTemplate } }) => ({
      stable,
      promoted,
      changesBesidesTemplate,
    })),
    rest,
    notes: [
      ...(surveyed.routing?.notes ?? []),
      ...found.flatMap(one => one.notes),
      ...workers.map(
        one => `${nameOf(one.workload.stable)} has no route: it gets its new version at promotion, untested`,
      ),
      ...around.notes,
      ...rest.filter(object => uncanariedKinds.includes(object.kind) && isNew(object)).map(madeLate),
      ...rest.filter(object => accessKinds.includes(object.kind)).map(changesLate),
      ...additions.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(isKept),
    ],
  };
}

function madeLate(object: KubeObject): string {
  return `${nameOf(refOf(object))} is new: it is made at promotion, so the canary runs without it`;
}

function changesLate(object: KubeObject): string {
  return `${nameOf(refOf(object))} changes at promotion: the canary still runs with the old one`;
}

function isKept(object: KubeObject): string {
  return `${nameOf(refOf(object))} is made now and kept whatever happens, since it may hold data`;
}

/** The value of our label on everything that a release of these manifests makes. */
export function releaseOf(objects: readonly KubeObject[]): string {
  const first = sortedDeployments(objects)[0]?.metadata.name ?? '';
  return first.length <= 63 ? first : canaryLabelValue(first);
}

/** The Leases that a release of these manifests has to hold: one for each workload, in an order that is always the same. */
export function locksOf(objects: readonly KubeObject[]): readonly LeaseName[] {
  return sortedDeployments(objects).map(({ metadata: { name, namespace = 'default' } }) => ({
    namespace,
    name: canaryName(name),
  }));
}

function sortedDeployments(objects: readonly KubeObject[]): readonly KubeObject[] {
  const place = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
  return objects.filter(isDeployment).sort((a, b) => compare(place(a), place(b)));
}

function isDeployment(object: KubeObject): boolean {
  return object.kind === 'Deployment' && object.apiVersion === 'apps/v1';
}

function unsupported(object: KubeObject): CanaryError {
  return new CanaryError('MANIFEST_INVALID', `${nameOf(refOf(object))} can't get a canary`, {
    expected: 'only Deployments to change beside their Services and configuration',
    found: `a changed ${object.kind}`,
    hint: 'Release it in a step of its own, before or after this one',
  });
}

function noRoute(changed: readonly KubeObject[]): CanaryError {
  const names = changed.map(workload => nameOf(refOf(workload))).join(', ');
  return new CanaryError('NO_ROUTE', `No live Mapping routes to what changed (${names})`, {
    expected: 'a Mapping whose `service` is a Service that selects the pods',
    hint: 'Create the Mapping first (a release of its own applies it), or check the namespace of both',
  });
}

function uniqueRoutes(first: Route, rest: readonly Route[]): readonly Route[] {
  const seen = new Set([identityOf(first.stable)]);
  return rest.filter(route => {
    const identity = identityOf(route.stable);
    return !seen.has(identity) && seen.add(identity) !== undefined;
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
