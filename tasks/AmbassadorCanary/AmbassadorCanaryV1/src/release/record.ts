import { canaryObjects } from './canary-objects.ts';
import type { Phase } from './events.ts';
import { type ObjectRef, refOf } from './kube-object.ts';
import type { Ending } from './outcome.ts';
import type { CanaryPlan, CapacityHold, ConfigChange, MappingRef, Plan } from './plan.ts';

/** Which pipeline run a release belongs to. */
export interface RunIdentity {
  /** Unique for one attempt of one job: what the guard compares. */
  readonly id: string;
  /** For people: `Shop 20261121.3, stage deploy, attempt 2`. */
  readonly title: string;
  /** Where a person can look at the run. Absent outside of a pipeline. */
  readonly url?: string;
}

export interface RouteRefs {
  /** Absent where it is known to be gone: then the twin has its group to itself. And where the twin is a workload whose pods are its share. */
  readonly stable?: MappingRef;
  readonly twin: ObjectRef;
}

export interface KeptRefs {
  readonly original: ObjectRef;
  /** Absent where the original was not there before. */
  readonly copy?: ObjectRef;
}

/**
 * Who minds a canary. `running`: a run does, or did until it died. `parked`: `deploy` left it live on purpose, for its own release to go
 * on or for `reject`. `held`: it failed and was kept for a look, without traffic. The last two have no holder, and outlive their run.
 */
export const recordStates = ['running', 'parked', 'held'] as const;
export type RecordState = (typeof recordStates)[number];

/** How far a release got. */
export interface StepReached {
  /** Of the steps of its run, counted from 0. */
  readonly index: number;
  /** In percent. */
  readonly weight: number;
  /** Its checks passed. False while it is under way, and where they did not. */
  readonly passed: boolean;
}

/** A stable workload, and a digest of its pod template (`versionOf`) at the start. */
export interface RanRef {
  readonly workload: ObjectRef;
  readonly digest: string;
}

/** How the run ended that parked or held its canary. */
export type RecordedEnd = Pick<Ending, 'outcome' | 'reason'>;

/** In characters: a Lease is no place for more. */
export const longestEvidence = 20_000;

/** What a release remembers of itself in the cluster: names and digests only, never content. */
export interface ReleaseRecord {
  readonly version: 1;
  readonly run: RunIdentity;
  readonly state: RecordState;
  readonly phase: Phase;
  /** The canary's share at the last write. */
  readonly weight: number;
  readonly startedAt: string;
  /** The value of our label on the canary's objects. */
  readonly release: string;
  /** What is released (`releaseDigest`). Absent in records of before there were such: then nobody can go on with it. */
  readonly digest?: string;
  /** How it is tested (`trialDigest`). Absent as `digest` is. */
  readonly trial?: string;
  /** The step that it is at, or was. Absent before the first. */
  readonly step?: StepReached;
  /** What the checks have learnt over all steps so far, for those who answer them to read back. */
  readonly evidence?: string;
  /** Where it went on without being sure, a sentence each: told at its end, whoever comes to it. */
  readonly unverified?: readonly string[];
  /** Absent while it is under way. */
  readonly ended?: RecordedEnd;
  /** What may carry traffic to the canary: twins, each with the Mapping that it shares a group with, and workloads whose pods answer stable's Services. */
  readonly routes: readonly RouteRefs[];
  /** The canary's other objects, which carry our label: removed at every end. */
  readonly canary: readonly ObjectRef[];
  /** What the release added for good: removed on a rollback, if our field manager made it. */
  readonly added: readonly ObjectRef[];
  /** The workloads that promotion replaces. */
  readonly workloads: readonly ObjectRef[];
  /** What they ran when the release began. Absent in records of before there was such. */
  readonly ran?: readonly RanRef[];
  /** The configuration that promotion changes, each with the object that keeps what it was. Absent where nothing changes. */
  readonly kept?: readonly KeptRefs[];
  /** The autoscalers whose minimum is raised, or about to be: lowered again at every end. Absent where there are none. */
  readonly capacity?: readonly CapacityHold[];
  /** One for each workload of the manifests: who holds them may release. */
  readonly locks: readonly LeaseName[];
}

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

/** What does not change from one plan of a release to the next. The digests are absent where nobody could go on. */
export type Claim = Pick<ReleaseRecord, 'run' | 'startedAt' | 'release' | 'digest' | 'trial' | 'locks'>;

/** The record of a release that is about to start: everything it may make is named before it exists. */
export function recordFor(claim: Claim, plan: Plan): ReleaseRecord {
  const none = emptyRecord(claim);
  switch (plan.kind) {
    case 'unchanged':
      return none;
    case 'first-release':
    case 'apply-only':
      return {
        ...none,
        added: plan.objects.filter(({ isNew }) => isNew).map(({ object }) => refOf(object)),
      };
    case 'canary':
      return {
        ...none,
        routes: routesOf(plan),
        canary: [
          ...plan.surroundings.map(refOf),
          ...plan.configuration.flatMap(({ before }) => (before === undefined ? [] : [before])),
          ...canaryObjects(plan).map(refOf),
        ],
        added: [...plan.additions, ...plan.newWorkloads].map(refOf),
        workloads: plan.workloads.map(({ stable }) => stable),
        ran: plan.workloads.map(({ stable, ranDigest }) => ({ workload: stable, digest: ranDigest })),
        ...(plan.capacity.length > 0 && { capacity: plan.capacity }),
        ...(plan.configuration.length > 0 && { kept: plan.configuration.map(keptOf) }),
      };
  }
}

/** What will carry traffic to the canaries of a plan. */
export function routesOf({
  routes,
  workloads,
}: Pick<CanaryPlan, 'routes' | 'workloads'>): readonly RouteRefs[] {
  return [
    ...routes.map(({ stable, twin }) => ({ stable, twin: refOf(twin) })),
    ...workloads.flatMap(({ sharing, canary }) => (sharing ? [{ twin: refOf(canary) }] : [])),
  ];
}

/** The record of a release that has made nothing. */
export function emptyRecord(claim: Claim): ReleaseRecord {
  const start = { version: 1, state: 'running', phase: 'starting', weight: 0 } as const;
  return { ...claim, ...start, routes: [], canary: [], added: [], workloads: [] };
}

function keptOf({ object, before }: ConfigChange): KeptRefs {
  return before === undefined ? { original: refOf(object) } : { original: refOf(object), copy: before };
}
