import type { ConfigRename } from './config-refs.ts';
import { type KubeObject, nameOf, type ObjectRef } from './kube-object.ts';
import type { SurgeLimit } from './pod-share.ts';
import type { ReleaseSpec } from './spec.ts';

/** What promotion makes of a workload. */
export interface Promotion {
  readonly stable: ObjectRef;
  /** The manifest as promotion applies it. Its whole pod template replaces stable's. */
  readonly promoted: KubeObject;
  /** What stable ran at the start (`versionOf`): something else at promotion is somebody else's deployment. */
  readonly ran: Readonly<Record<string, unknown>>;
  /** Something besides the pod template differs from what runs, so the manifest is applied as well. */
  readonly changesBesidesTemplate: boolean;
}

/** One changed workload that gets a canary. */
export interface WorkloadRelease extends Promotion {
  /** A digest of `ran`, for the record. */
  readonly ranDigest: string;
  /** What stable ran with at the start. */
  readonly stableReplicas: number;
  /** The canary's workload; its replicas are the runner's to set. */
  readonly canary: KubeObject;
  /** Where the canary's pods read a copy of what changes: the one thing in which its pod spec differs from the promoted one. */
  readonly renames: readonly ConfigRename[];
  /** The Services that only the canary's pods answer. */
  readonly services: readonly KubeObject[];
  /** Present where the canary's pods answer stable's own Services. */
  readonly sharing?: Sharing;
  /** `Recreate`, or a rolling update that may take all pods: then the canary must carry everything meanwhile. */
  readonly rolloutTakesAllPods: boolean;
}

/** A canary that has requests as soon as it has pods: how many there are is its share, and the router's alone to set. */
export interface Sharing {
  /** The Services of stable that its pods answer as well. */
  readonly services: readonly [ObjectRef, ...ObjectRef[]];
  readonly maxSurgePods: SurgeLimit;
}

/** A stable Mapping: an object, or, with `annotatedOn`, one in the annotation of this Service or Ingress. */
export interface MappingRef extends ObjectRef {
  readonly annotatedOn?: ObjectRef;
}

/** `Mapping shop/web`, and where it stands if that is in an annotation. */
export function nameOfMapping({ annotatedOn, ...mapping }: MappingRef): string {
  const name = nameOf(mapping);
  return annotatedOn === undefined ? name : `${name} (annotation of ${nameOf(annotatedOn)})`;
}

/** A stable Mapping and the twin that takes the canary's share of its group. */
export interface Route {
  readonly stable: MappingRef;
  /** As it will be at weight 0, pointing at the canary's Service. */
  readonly twin: KubeObject;
  /** What the stable Mapping says in `spec.service`: where the twin points while it is being proven. */
  readonly stableService: string;
  /** The workload whose canary it leads to. */
  readonly workload: string;
  /** How Emissary's metrics may name the two, the likeliest first (facts/emissary.md 10). */
  readonly statNames: readonly [StatNames, ...StatNames[]];
  /** The Mapping says that it speaks gRPC, whose errors are HTTP 200. */
  readonly isGrpc?: boolean;
  /** What Emissary's metrics count under these names besides, for each version. Absent where that is nothing. */
  readonly alsoCounted?: AlsoCounted;
}

/** Mappings that are not split and share a cluster's name with one that is. */
export interface AlsoCounted {
  readonly stable: readonly string[];
  readonly canary: readonly string[];
}

/** The names of stable's and the canary's cluster in Emissary's metrics, in one and the same form. */
export interface StatNames {
  readonly stable: string;
  readonly canary: string;
}

interface PlanBase {
  readonly spec: ReleaseSpec;
  /** What one calls this release: the names of its workloads, of many a few. */
  readonly name: string;
  readonly namespace: string;
  /** Things a reader should know before it starts, one sentence each: the log shows them as warnings. */
  readonly notes: readonly string[];
  /** What is worth a line and no warning, one sentence each. */
  readonly remarks: readonly string[];
}

/** An object that promotion changes just before it replaces stable, and changes back where stable does not get ready. */
export interface ConfigChange {
  readonly object: KubeObject;
  /** JSON Pointers to what an earlier deployer put there and the manifest no longer has: applying would leave it. */
  readonly stale: readonly string[];
  /** Where promotion keeps what it was, until it is over. Absent for one that does not exist yet. */
  readonly before?: ObjectRef;
}

/**
 * An autoscaler of stable whose minimum a release raises for its time: without users stable would be shrunk, and a rollback can't wait
 * for capacity.
 */
export interface CapacityHold {
  readonly autoscaler: ObjectRef;
  /** Below `spec`: an HPA's name for it, or KEDA's. */
  readonly field: 'minReplicas' | 'minReplicaCount';
  /** The minimum meanwhile: the replicas that stable had at the start, as far as the autoscaler's maximum allows. */
  readonly raised: number;
  /** The minimum before. Absent where the autoscaler names none. */
  readonly was?: number;
}

/** A release with traffic on trial. */
export interface CanaryPlan extends PlanBase {
  readonly kind: 'canary';
  readonly workloads: readonly [WorkloadRelease, ...WorkloadRelease[]];
  /** Empty where the canaries' pods answer stable's own Services. */
  readonly routes: readonly Route[];
  /** What the new version needs and the cluster lacks (a ConfigMap, a Service …): made first, removed on a rollback. */
  readonly additions: readonly KubeObject[];
  /** Workloads without a stable: made and awaited before the first weight, removed on a rollback. */
  readonly newWorkloads: readonly KubeObject[];
  /** What only the canary uses besides its workloads and Services: copies of changed configuration, and of policies. */
  readonly surroundings: readonly KubeObject[];
  /** Changed configuration, applied just before promotion replaces the workloads that read it. */
  readonly configuration: readonly ConfigChange[];
  /** The autoscalers that must not shrink stable meanwhile (`keepStableCapacity`). */
  readonly capacity: readonly CapacityHold[];
  /** Workloads that change and have no route: they get their new version once the rest is promoted, untested. */
  readonly workers: readonly Promotion[];
  /** Everything else that differs from the cluster, applied once the new version is stable. */
  readonly rest: readonly KubeObject[];
}

/** An object to apply where nothing is on trial. */
export interface AppliedObject {
  readonly object: KubeObject;
  /** It does not exist yet, so it is removed again if the release fails. */
  readonly isNew: boolean;
}

/** Nothing runs yet, or nothing that has traffic changes: there is nothing to compare, so it is applied and awaited. */
export interface ApplyPlan extends PlanBase {
  readonly kind: 'first-release' | 'apply-only';
  readonly objects: readonly AppliedObject[];
}

export interface UnchangedPlan extends PlanBase {
  readonly kind: 'unchanged';
}

/** What a release will do. Data only: everything that will be touched is in it. */
export type Plan = WritingPlan | UnchangedPlan;

/** A plan that writes to the cluster, and so needs the lock. */
export type WritingPlan = CanaryPlan | ApplyPlan;

/** Where our objects say so. Only what carries this label, and our record, is ours to change or delete. */
export const releaseLabel = 'ambassador-canary/release';
/** On a pod template: what its pods read as configuration, as a digest, so that other configuration means other pods. */
export const configurationAnnotation = 'ambassador-canary/configuration';
/** On a Mapping twin: the run that goes on with a canary which another began. */
export const runAnnotation = 'ambassador-canary/run';
/** Our name among the field managers of server-side apply. */
export const fieldManager = 'ambassador-canary';
