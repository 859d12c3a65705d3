import type { CanaryError } from '../release/errors.ts';
import type { KubeObject } from '../release/kube-object.ts';
import type { Route, Sharing } from '../release/plan.ts';
import type { CanaryPods } from './policy-twins.ts';
import type { Surveyed } from './surveyed.ts';

/**
 * The pure part of a router: what of a canary depends on how it gets its share of requests (DESIGN, "What a release does"
 * 4). Nothing else of a plan knows which method it is.
 */
export interface SplitMethod {
  /** The canary of one workload, and the ways by which requests reach it. */
  split(workload: SplitWorkload): Split;
  /** The refusal of a release that changes only workloads without a way to them. */
  noRoute(changed: readonly KubeObject[]): CanaryError;
}

/** A changed workload, and what selects its pods. */
export interface SplitWorkload {
  readonly manifest: KubeObject;
  readonly live: KubeObject;
  /** The manifest with pods that read the copies of what changes. */
  readonly reading: KubeObject;
  /** The Services of stable in its namespace, as they are. */
  readonly liveServices: readonly KubeObject[];
  /** Of these, what picks its pods, before the release or after it: as the manifests have it, else as it is. */
  readonly picking: readonly KubeObject[];
  readonly objects: readonly KubeObject[];
  readonly surveyed: Surveyed;
  /** The value of our label. */
  readonly release: string;
}

export interface Split {
  readonly canary: KubeObject;
  /** The Services that only the canary's pods answer. */
  readonly services: readonly KubeObject[];
  readonly routes: readonly Route[];
  readonly sharing?: Sharing;
  /** The keys whose values tell the canary's pods from stable's. */
  readonly keys: CanaryPods['keys'];
  readonly notes: readonly string[];
  readonly errors: readonly CanaryError[];
}
