import { CanaryError } from '../release/errors.ts';
import { identityOf, type KubeObject, nameOf, refOf, replicasOf, valueAt } from '../release/kube-object.ts';
import { type Route, releaseLabel, type WorkloadRelease } from '../release/plan.ts';
import { versionOf } from '../release/pod-template.ts';
import { podLabels } from './canary-labels.ts';
import { type ChangedConfig, readBy } from './config-twins.ts';
import { digestOf } from './digest.ts';
import { foreignObjects } from './foreign-objects.ts';
import { onTwins } from './plan-surroundings.ts';
import type { CanaryPods } from './policy-twins.ts';
import { serviceSelects } from './selector.ts';
import { sharingNotes } from './sharing-notes.ts';
import type { SplitMethod } from './split-method.ts';
import type { Surveyed } from './surveyed.ts';

/** What a release does with one workload, and all that speaks against it. */
export interface PlannedWorkload {
  readonly workload: WorkloadRelease;
  readonly routes: readonly Route[];
  /** Requests reach it: it gets a canary. Otherwise it is a worker. */
  readonly isRouted: boolean;
  /** Its pods, for the policies around them. */
  readonly pods: CanaryPods;
  readonly notes: readonly string[];
  readonly errors: readonly CanaryError[];
}

/** What all workloads of a release have in common. */
export interface ReleaseScope {
  readonly objects: readonly KubeObject[];
  readonly surveyed: Surveyed;
  /** The value of our label. */
  readonly release: string;
  readonly config: readonly ChangedConfig[];
  readonly method: SplitMethod;
}

/**
 * The canary of a changed workload: its objects, the ways to it (none for a worker), and what promotion will do. Pure;
 * what can't be is among the errors.
 */
export function planWorkload(
  manifest: KubeObject,
  { objects, surveyed, release, config, method }: ReleaseScope,
): PlannedWorkload {
  const identity = identityOf(refOf(manifest));
  const live = surveyed.live.get(identity) ?? manifest;
  const here = (object: KubeObject) => object.metadata.namespace === manifest.metadata.namespace;
  const liveServices = surveyed.services.filter(here).filter(isStables);
  const picking = liveServices.flatMap(asIs => {
    // The manifest's Service knows the ports of the new version; one that is only in the cluster is taken as it is.
    const service = objects.find(object => idOf(object) === idOf(asIs)) ?? asIs;
    // An ExternalName picks no pods, whatever its selector says.
    if (valueAt(service, 'spec', 'type') === 'ExternalName') return [];
    const picks = serviceSelects(service, podLabels(manifest)) || serviceSelects(asIs, podLabels(live));
    return picks ? [service] : [];
  });
  const split = method.split({
    manifest,
    live,
    reading: onTwins(manifest, config),
    liveServices,
    picking,
    objects,
    surveyed,
    release,
  });
  const { canary, services, routes, sharing } = split;
  // An earlier release of the same workloads may have gone by the name of another of them.
  const workloads = objects.filter(({ kind }) => kind === manifest.kind);
  const owners = new Set([release, ...workloads.map(({ metadata }) => metadata.name)]);
  const isRouted = routes.length > 0 || sharing !== undefined;
  const scaledByOthers = surveyed.autoscaled.has(identity);
  return {
    workload: {
      stable: refOf(live),
      ran: versionOf(live),
      ranDigest: digestOf(versionOf(live)),
      stableReplicas: replicasOf(live),
      canary,
      renames: readBy(manifest, config).flatMap(({ renames }) => renames),
      services,
      ...(sharing && { sharing }),
      promoted: scaledByOthers ? withoutReplicas(manifest) : manifest,
      rolloutTakesAllPods: takesAllPods(live) || takesAllPods(manifest),
      changesBesidesTemplate: surveyed.changes.get(identity)?.besidesTemplate === true,
    },
    routes,
    isRouted,
    pods: {
      namespace: manifest.metadata.namespace ?? 'default',
      stable: [podLabels(live), podLabels(manifest)],
      canary: podLabels(canary),
      keys: split.keys,
    },
    notes: [...split.notes, ...sharingNotes(manifest, objects, surveyed)],
    errors: [
      ...split.errors,
      ...(isPaused(manifest, live) ? [paused(manifest)] : []),
      ...(isRouted
        ? foreignObjects([canary, ...services, ...routes.map(({ twin }) => twin)], surveyed, owners)
        : []),
    ],
  };
}

/** A paused Deployment takes a new template and never starts a pod of it. */
function isPaused(manifest: KubeObject, live: KubeObject): boolean {
  const wanted = valueAt(manifest, 'spec', 'paused');
  return wanted === true || (wanted === undefined && valueAt(live, 'spec', 'paused') === true);
}

function paused(manifest: KubeObject): CanaryError {
  const { name, namespace } = manifest.metadata;
  return new CanaryError('MANIFEST_INVALID', `${nameOf(refOf(manifest))} is paused`, {
    expected: 'one whose pods Kubernetes replaces',
    found: '`spec.paused: true`',
    hint: `Run \`kubectl rollout resume deployment/${name} --namespace ${namespace}\`, and take \`paused\` out of the manifest`,
  });
}

function idOf(object: KubeObject): string {
  return identityOf(refOf(object));
}

function isStables(object: KubeObject): boolean {
  return object.metadata.labels?.[releaseLabel] === undefined;
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
