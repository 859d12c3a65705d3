import { CanaryError, throwIfAny } from '../release/errors.ts';
import { identityOf, type KubeObject, nameOf, refOf } from '../release/kube-object.ts';
import type { Plan, Route } from '../release/plan.ts';
import type { LeaseName } from '../release/record.ts';
import type { ReleaseSpec } from '../release/spec.ts';
import { inApplyOrder } from './apply-order.ts';
import { canaryLabelValue, canaryName } from './names.ts';
import { planWorkload } from './plan-workload.ts';
import type { Surveyed } from './surveyed.ts';

/** Workloads that would take all their users to the new version at once, were they changed beside a canary. */
const uncanariedKinds = ['StatefulSet', 'DaemonSet', 'ReplicaSet'];
/** What the new version may need before its first pod starts, and which changes nothing for stable while it is new. */
const additionKinds = ['ConfigMap', 'Secret', 'ServiceAccount', 'PersistentVolumeClaim', 'Service'];
const configurationKinds = ['ConfigMap', 'Secret'];

/**
 * From the manifests, with their images set and namespaces filled in, and what the cluster holds, to what a release will
 * do. Pure: nothing is touched. Throws every reason against the release at once.
 */
export function makePlan(spec: ReleaseSpec, objects: readonly KubeObject[], surveyed: Surveyed): Plan {
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

  const changed = sorted.filter(workload => !isNew(workload) && change(workload)?.template === true);
  if (changed.length === 0) {
    const applied = toApply.map(object => ({ object, isNew: isNew(object) }));
    return { ...base, kind: 'apply-only', objects: applied, notes: [] };
  }

  const release = releaseOf(objects);
  const found = changed.map(workload => planWorkload(workload, objects, surveyed, release));
  const errors = [
    ...objects
      .filter(object => uncanariedKinds.includes(object.kind) && !isNew(object) && differs(object))
      .map(unsupported),
    ...found.flatMap(one => one.errors),
  ];
  const routed = found.filter(one => one.routes.length > 0);
  const workers = found.filter(one => one.routes.length === 0);
  if (routed.length === 0 && errors.length === 0) errors.push(noRoute(changed));
  throwIfAny(errors);
  const [workload, ...workloads] = routed.map(one => one.workload);
  const [route, ...routes] = routed.flatMap(one => one.routes);
  if (workload === undefined || route === undefined) throw noRoute(changed);

  const onTrial = new Set(routed.map(one => identityOf(one.workload.stable)));
  const others = toApply.filter(object => !onTrial.has(identityOf(refOf(object))));
  const additions = others.filter(object => isNew(object) && additionKinds.includes(object.kind));
  const newWorkloads = others.filter(object => isNew(object) && isDeployment(object));
  const configuration = others.filter(object => !isNew(object) && configurationKinds.includes(object.kind));
  const early = new Set([...additions, ...newWorkloads, ...configuration]);
  return {
    ...base,
    kind: 'canary',
    workloads: [workload, ...workloads],
    routes: [route, ...uniqueRoutes(route, routes)],
    additions,
    newWorkloads,
    configuration,
    rest: others.filter(object => !early.has(object)),
    notes: [
      ...found.flatMap(one => one.notes),
      ...workers.map(
        one => `${nameOf(one.workload.stable)} has no route: it gets its new version at promotion, untested`,
      ),
      ...configuration.map(
        object => `${nameOf(refOf(object))} changes at promotion: the canary still runs with the old one`,
      ),
    ],
  };
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
