import { canaryObjects } from './canary-objects.ts';
import type { Phase } from './events.ts';
import { type ObjectRef, refOf } from './kube-object.ts';
import type { ConfigChange, MappingRef, Plan } from './plan.ts';

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
  /** Absent where it is known to be gone: then the twin has its group to itself. */
  readonly stable?: MappingRef;
  readonly twin: ObjectRef;
}

export interface KeptRefs {
  readonly original: ObjectRef;
  /** Absent where the original was not there before. */
  readonly copy?: ObjectRef;
}

/** What a release remembers of itself in the cluster: names only, never content. */
export interface ReleaseRecord {
  readonly version: 1;
  readonly run: RunIdentity;
  readonly state: 'running';
  readonly phase: Phase;
  /** The canary's share at the last write. */
  readonly weight: number;
  readonly startedAt: string;
  /** The value of our label on the canary's objects. */
  readonly release: string;
  /** The twins that may carry traffic to the canary, each with the Mapping that it shares a group with. */
  readonly routes: readonly RouteRefs[];
  /** The canary's other objects, which carry our label: removed at every end. */
  readonly canary: readonly ObjectRef[];
  /** What the release added for good: removed on a rollback, if our field manager made it. */
  readonly added: readonly ObjectRef[];
  /** The workloads that promotion replaces. */
  readonly workloads: readonly ObjectRef[];
  /** The configuration that promotion changes, each with the object that keeps what it was. Absent where nothing changes. */
  readonly kept?: readonly KeptRefs[];
  /** One for each workload of the manifests: who holds them may release. The first keeps this record. */
  readonly locks: readonly LeaseName[];
}

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

/** What does not change from one plan of a release to the next. */
export type Claim = Pick<ReleaseRecord, 'run' | 'startedAt' | 'release' | 'locks'>;

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
        routes: plan.routes.map(({ stable, twin }) => ({ stable, twin: refOf(twin) })),
        canary: [
          ...plan.surroundings.map(refOf),
          ...plan.configuration.flatMap(({ before }) => (before === undefined ? [] : [before])),
          ...canaryObjects(plan).map(refOf),
        ],
        added: [...plan.additions, ...plan.newWorkloads].map(refOf),
        workloads: plan.workloads.map(({ stable }) => stable),
        ...(plan.configuration.length > 0 && { kept: plan.configuration.map(keptOf) }),
      };
  }
}

/** The record of a release that has made nothing. */
export function emptyRecord(claim: Claim): ReleaseRecord {
  const start = { version: 1, state: 'running', phase: 'starting', weight: 0 } as const;
  return { ...claim, ...start, routes: [], canary: [], added: [], workloads: [] };
}

function keptOf({ object, before }: ConfigChange): KeptRefs {
  return before === undefined ? { original: refOf(object) } : { original: refOf(object), copy: before };
}
