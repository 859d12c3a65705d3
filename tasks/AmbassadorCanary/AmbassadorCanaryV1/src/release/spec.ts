import type { Duration } from './duration.ts';
import type { OwnCheck } from './own-check.ts';
import type { SurgeLimit } from './pod-share.ts';
import type { Webhook } from './webhook.ts';
import type { Weight } from './weight.ts';

/** A weight and how long to stay there. */
export interface Step {
  readonly weight: Weight;
  readonly pause: Duration;
}

/** A limit to a share of the canary's requests. */
export type LimitCheck =
  | { readonly kind: 'success-rate'; readonly minimumPercent: number }
  | { readonly kind: 'latency'; readonly quantile: number; readonly limit: Duration };

/** Whether more of the canary's requests are bad than of stable's. */
export type ComparisonCheck =
  | { readonly kind: 'errors-vs-stable' }
  /** Slow is what takes longer than `limit`; without one, longer than the bucket of stable's own p95. */
  | { readonly kind: 'slowness-vs-stable'; readonly limit?: Duration };

/** A question about the canary that Emissary's counters answer. */
export type Check = LimitCheck | ComparisonCheck;

/** Whether a check holds the canary against stable rather than against a limit. */
export function isComparison(check: Check): check is ComparisonCheck {
  return check.kind === 'errors-vs-stable' || check.kind === 'slowness-vs-stable';
}

/** A Service of the cluster, to be asked through the API server. */
export interface ServiceAddress {
  readonly namespace: string;
  readonly service: string;
  /** A number or a name; absent for the Service's only one. */
  readonly port?: string;
  /** What stands before the API's own paths: `/prometheus`, or nothing. */
  readonly path: string;
}

/** Where Prometheus is. */
export type PrometheusAddress =
  | { readonly kind: 'url'; readonly url: string }
  | ({ readonly kind: 'service' } & ServiceAddress);

/** One image to release: into the container of that name, or into each that runs the same repository. */
export interface ImageChoice {
  readonly container?: string;
  readonly image: string;
}

/** What turns a weight into traffic: weighted Mappings, or the share of the pods behind stable's own Services. */
export type TrafficSplit =
  | { readonly method: 'ambassador' }
  | { readonly method: 'pod'; readonly maxSurgePods: SurgeLimit };

export type OnInconclusive = 'extend' | 'rollback' | 'continue';

export type OnFailure = 'rollback' | 'hold';

/**
 * `run` goes to the end by itself; `plan` shows what that would do, and touches nothing; `deploy` goes to its weights and leaves
 * the canary there, for `promote` or `reject` of another job.
 */
export type Action = 'run' | 'plan' | 'deploy' | 'promote' | 'reject';

/** What the user asked for, checked whole. Read once; nothing below asks the agent again. */
export interface ReleaseSpec {
  readonly action: Action;
  readonly manifests: readonly string[];
  readonly images: readonly ImageChoice[];
  /** Only for objects whose manifest names none. */
  readonly namespace?: string;
  readonly trafficSplit: TrafficSplit;
  /** Empty where nothing is judged: `promote` and `reject`. */
  readonly steps: readonly Step[];
  /** `auto`: the weight's share of the replicas that stable had at the start. */
  readonly canaryReplicas: number | 'auto';
  /** An autoscaler of stable may not shrink it below the replicas that it had at the start. */
  readonly keepStableCapacity: boolean;
  readonly checks: readonly Check[];
  /** Asked of Prometheus beside the built-in ones. */
  readonly ownChecks: readonly OwnCheck[];
  readonly webhooks: readonly Webhook[];
  /** Absent for `none`. */
  readonly prometheus?: PrometheusAddress;
  readonly metricLabels: string;
  readonly interval: Duration;
  readonly failureThreshold: number;
  readonly minimumRequests: number;
  readonly onInconclusive: OnInconclusive;
  /** How many times its pause a step may last in all while it is inconclusive. */
  readonly extendFactor: number;
  readonly consecutiveErrorLimit: number;
  /** `hold`: a canary that failed is kept without traffic. */
  readonly onFailure: OnFailure;
  readonly rolloutTimeout: Duration;
  readonly drain: Duration;
  readonly lockTimeout: Duration;
  /** Whether the workloads speak gRPC. Absent for `auto`: as their Mappings say. */
  readonly grpc?: boolean;
  /** Where Emissary's diagnostics are asked. Absent for `auto`. */
  readonly emissaryNamespace?: string;
}
