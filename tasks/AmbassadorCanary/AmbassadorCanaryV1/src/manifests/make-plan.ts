import { throwIfAny } from '../release/errors.ts';
import { identityOf, type KubeObject, nameOf, refOf } from '../release/kube-object.ts';
import { listNames } from '../release/list-names.ts';
import type { Plan, Route } from '../release/plan.ts';
import type { ReleaseSpec } from '../release/spec.ts';
import { inApplyOrder } from './apply-order.ts';
import { changedConfiguration, readBy } from './config-twins.ts';
import { onLiveSelector } from './live-selector.ts';
import { managerNotes } from './manager-notes.ts';
import { planCapacity } from './plan-capacity.ts';
import { planOthers, uncanariedError, uncanariedKinds } from './plan-others.ts';
import { onTwins, planSurroundings, withConfigDigest } from './plan-surroundings.ts';
import { planWorkload } from './plan-workload.ts';
import { isDeployment, noWorkload, releaseOf, sortedDeployments } from './release-name.ts';
import { shareNotes } from './share-notes.ts';
import { splitMethodOf } from './split-methods.ts';
import type { Surveyed } from './surveyed.ts';

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
  if (deployments.length === 0) throw noWorkload(objects);
  const sorted = sortedDeployments(objects);
  const owners = managerNotes(surveyed.around.managed);
  const base = {
    spec,
    name: listNames(sorted.map(({ metadata }) => metadata.name)),
    namespace: sorted[0]?.metadata.namespace ?? 'default',
    remarks: owners.remarks,
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
    .map(uncanariedError);
  if (changed.length === 0) throwIfAny(uncanaried);
  if (changed.length === 0) {
    const applied = toApply.map(object => ({ object, isNew: isNew(object) }));
    return { ...base, kind: 'apply-only', objects: applied, notes: owners.notes };
  }

  const method = splitMethodOf(spec.trafficSplit);
  const scope = { objects, surveyed, release, config, method };
  const found = changed.map(workload => planWorkload(workload, scope));
  const routed = found.filter(one => one.isRouted);
  const workers = found.filter(one => !one.isRouted);
  const newOnes = sorted.filter(isNew);
  const around = planSurroundings(objects, surveyed, {
    pods: routed.map(({ pods }) => pods),
    readers: [...routed.map(({ workload }) => workload.promoted), ...newOnes],
    config,
    release,
  });
  const stables = routed.flatMap(one => surveyed.live.get(identityOf(one.workload.stable)) ?? []);
  const capacity = planCapacity(stables, surveyed, spec);
  const errors = [...uncanaried, ...found.flatMap(one => one.errors), ...around.errors, ...capacity.errors];
  if (routed.length === 0 && errors.length === 0) errors.push(method.noRoute(changed));
  throwIfAny(errors);
  const [workload, ...workloads] = routed.map(one => one.workload);
  if (workload === undefined) throw method.noRoute(changed);

  const placed = new Set([
    ...found.map(one => identityOf(one.workload.stable)),
    ...around.configuration.map(({ object }) => identityOf(refOf(object))),
  ]);
  // A new one that starts with copies is applied again at promotion, to read the originals.
  const done = new Set(newOnes.filter(object => readBy(object, config).length === 0));
  const others = planOthers(
    toApply.filter(object => !placed.has(identityOf(refOf(object))) && !done.has(object)),
    isNew,
  );
  return {
    ...base,
    kind: 'canary',
    workloads: [workload, ...workloads],
    routes: uniqueRoutes(routed.flatMap(one => one.routes)),
    additions: others.additions,
    newWorkloads: newOnes.map(object => onTwins(object, config)),
    surroundings: around.surroundings,
    configuration: around.configuration,
    capacity: capacity.capacity,
    workers: workers.map(({ workload: { stable, ran, promoted, changesBesidesTemplate } }) => ({
      stable,
      ran,
      promoted,
      changesBesidesTemplate,
    })),
    rest: others.rest,
    notes: [
      ...(surveyed.routing?.notes ?? []),
      ...found.flatMap(one => one.notes),
      ...routed.flatMap(one => shareNotes(one.workload, spec.steps)),
      ...workers.map(
        one => `${nameOf(one.workload.stable)} has no route: it gets its new version at promotion, untested`,
      ),
      ...around.notes,
      ...others.notes,
      ...owners.notes,
      ...capacity.notes,
    ],
    remarks: [...owners.remarks, ...capacity.remarks],
  };
}

function uniqueRoutes(routes: readonly Route[]): readonly Route[] {
  return [...new Map(routes.map(route => [identityOf(route.stable), route])).values()];
}
