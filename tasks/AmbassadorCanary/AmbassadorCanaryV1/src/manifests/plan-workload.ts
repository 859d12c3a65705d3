import { CanaryError } from '../release/errors.ts';
import { identityOf, type KubeObject, nameOf, refOf, valueAt } from '../release/kube-object.ts';
import { type Route, releaseLabel, type WorkloadRelease } from '../release/plan.ts';
import { distinguishingKeys, podLabels } from './canary-labels.ts';
import { canaryService, canaryWorkload } from './canary-workload.ts';
import { findRoutes } from './find-routes.ts';
import { selects, serviceSelects } from './selector.ts';
import type { Surveyed } from './surveyed.ts';

/** What a release does with one workload, and all that speaks against it. */
export interface PlannedWorkload {
  readonly workload: WorkloadRelease;
  readonly routes: readonly Route[];
  readonly notes: readonly string[];
  readonly errors: readonly CanaryError[];
}

/**
 * The canary of a changed workload: its objects, the routes to it (none for a worker), and what promotion will do. Pure;
 * what can't be is among the errors.
 */
export function planWorkload(
  manifest: KubeObject,
  objects: readonly KubeObject[],
  surveyed: Surveyed,
  release: string,
): PlannedWorkload {
  const identity = identityOf(refOf(manifest));
  const live = surveyed.live.get(identity) ?? manifest;
  const here = (object: KubeObject) => object.metadata.namespace === manifest.metadata.namespace;
  const liveServices = surveyed.services.filter(here).filter(isStables);
  // The manifest's Service knows the ports of the new version; one that is only in the cluster is taken as it is.
  const services = liveServices.map(
    service => objects.find(object => identityOf(refOf(object)) === identityOf(refOf(service))) ?? service,
  );
  const keys = distinguishingKeys([live, manifest], liveServices);
  const canary = canaryWorkload(manifest, keys, release);
  const picking = services.filter((service, index) => {
    const asIs = liveServices[index];
    return (
      serviceSelects(service, podLabels(manifest)) ||
      (asIs !== undefined && serviceSelects(asIs, podLabels(live)))
    );
  });
  const twins = picking
    .filter(service => valueAt(service, 'spec', 'type') !== 'ExternalName')
    .map(service => canaryService(service, keys, release));
  const found = findRoutes(surveyed.mappings, picking, { workload: manifest.metadata.name, release });
  const scaledByOthers = surveyed.autoscaled.has(identity);
  return {
    workload: {
      stable: refOf(live),
      stableReplicas: replicasOf(live),
      canary,
      services: twins,
      promoted: scaledByOthers ? withoutReplicas(manifest) : manifest,
      rolloutTakesAllPods: takesAllPods(live) || takesAllPods(manifest),
      changesBesidesTemplate: surveyed.changes.get(identity)?.besidesTemplate === true,
    },
    routes: found.routes,
    notes: found.notes,
    errors: [
      ...found.errors,
      ...(found.routes.length === 0
        ? []
        : foreignObjects([canary, ...twins, ...found.routes.map(({ twin }) => twin)], surveyed)),
      ...overlaps(canary, live, surveyed.services.filter(here)),
    ],
  };
}

/** A canary pod that a stable selector picks would get traffic past its weight. */
function overlaps(
  canary: KubeObject,
  stable: KubeObject,
  services: readonly KubeObject[],
): readonly CanaryError[] {
  const labels = podLabels(canary);
  const selectors = [
    ...(selects(valueAt(stable, 'spec', 'selector'), labels) ? [refOf(stable)] : []),
    ...services.filter(service => isStables(service) && serviceSelects(service, labels)).map(refOf),
  ];
  return selectors.map(
    ref =>
      new CanaryError('LABELS_OVERLAP', `${nameOf(ref)} would also select the canary's pods`, {
        expected: 'a selector that names a label by its value',
        found: `one that picks ${JSON.stringify(labels)}`,
        hint: 'Give the Deployment a `matchLabels` entry of its own, such as `app`',
      }),
  );
}

function foreignObjects(canary: readonly KubeObject[], surveyed: Surveyed): readonly CanaryError[] {
  return canary
    .filter(object => {
      const live = surveyed.live.get(identityOf(refOf(object)));
      return live !== undefined && isStables(live);
    })
    .map(
      object =>
        new CanaryError('FOREIGN_OBJECT', `${nameOf(refOf(object))} exists and was not made by this task`, {
          expected: `no such object, or one with the label ${releaseLabel}`,
          hint: 'Rename it or delete it: a release needs this name for its canary and never overwrites what is not its own',
        }),
    );
}

function isStables(object: KubeObject): boolean {
  return object.metadata.labels?.[releaseLabel] === undefined;
}

function replicasOf(workload: KubeObject): number {
  const replicas = valueAt(workload, 'spec', 'replicas');
  return typeof replicas === 'number' ? replicas : 1;
}

function withoutReplicas(workload: KubeObject): KubeObject {
  const { replicas: _, ...spec } = (workload.spec ?? {}) as Record<string, unknown>;
  return { ...workload, spec };
}

/** `maxUnavailable` in percent is rounded down by Kubernetes, so that 25 % of 1 takes none. */
function takesAllPods(workload: KubeObject): boolean {
  if (valueAt(workload, 'spec', 'strategy', 'type') === 'Recreate') return true;
  const most = valueAt(workload, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable') ?? '25%';
  const replicas = replicasOf(workload);
  const pods =
    typeof most === 'number' ? most : Math.floor((replicas * Number.parseInt(String(most), 10)) / 100);
  return replicas > 0 && pods >= replicas;
}
