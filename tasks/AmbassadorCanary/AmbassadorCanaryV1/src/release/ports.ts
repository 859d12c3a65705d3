import type { Duration } from './duration.ts';
import type { ReleaseEvent } from './events.ts';
import type { KubeObject, ObjectRef } from './kube-object.ts';
import type { PodShare } from './pod-share.ts';
import type { ReleaseRecord } from './record.ts';
import type { Measurement, RequestCount } from './verdict.ts';
import type { Webhook, WebhookFacts, WebhookTime } from './webhook.ts';
import type { Weight } from './weight.ts';

/** One operation of an RFC 6902 JSON Patch. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

export interface WriteOptions {
  /** Let the API server say what would come of it, and change nothing. */
  readonly dryRun?: boolean;
  /** Users are being hurt: it waits for no other request, however many are on their way. */
  readonly urgent?: boolean;
}

export interface DeleteWishes {
  /** To resolve only once it no longer exists, and how long that may take. */
  readonly gone?: Duration;
  /** Only if it is this very object: else rejects with `CLUSTER_CONFLICT`. */
  readonly uid?: string;
}

export interface WaitOptions {
  readonly timeout: Duration;
  readonly signal?: AbortSignal;
  /** Called when what is awaited changes: `web-canary: 1 of 2 pods ready`. */
  readonly onProgress?: (detail: string) => void;
}

/** An object that a release stands on. */
export interface Footing {
  readonly ref: ObjectRef;
  /** It does not exist before the release makes it: missing is what only one can be that was there. */
  readonly isMadeByUs?: boolean;
  /** Why the release can't go on with it as it is now (`undefined`: gone), a sentence for a person; `undefined` where it can. */
  readonly check: (live: KubeObject | undefined) => string | undefined;
}

export interface TroubleOptions {
  readonly signal: AbortSignal;
  /** Told once for each kind of thing that can't be watched, and why. */
  readonly onBlind: (why: string) => void;
}

/**
 * The objects of the cluster. Every method rejects with a `CanaryError` that says what was asked and what came back;
 * short troubles (429, 5xx, a broken connection) are retried inside.
 */
export interface Cluster {
  /** The object, or `undefined` where there is none. */
  get(ref: ObjectRef): Promise<KubeObject | undefined>;
  /** Server-side apply under our field manager, conflicts forced. Resolves to the object as stored (or as it would be). */
  apply(object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** JSON Patch. A failed `test` and a stale resourceVersion reject with `CLUSTER_CONFLICT`; a missing object with `CLUSTER_REFUSED`. */
  patch(ref: ObjectRef, operations: readonly PatchOperation[], options?: WriteOptions): Promise<KubeObject>;
  /** The latest pod template of this digest (`RanRef`) that this Deployment had before its present one; `undefined` where none is kept. */
  formerTemplate(deployment: KubeObject, digest: string): Promise<unknown>;
  /** Deletes it. Resolves to whether there was anything: nothing there is fine. */
  delete(ref: ObjectRef, options?: DeleteWishes): Promise<boolean>;
  /** The uid of what this process has made by `apply`; `undefined` where it was there before, and where that is not certain. */
  uidOfMade(ref: ObjectRef): string | undefined;
  /**
   * Resolves when all pods of these Deployments are of the latest template and available, old ones gone. Rejects with
   * `ROLLOUT_NOT_READY`, naming the reason from conditions, pods and events, at the timeout.
   */
  awaitReady(workloads: readonly ObjectRef[], options: WaitOptions): Promise<void>;
  /**
   * Watches the pods of these workloads, which were ready, and resolves to the first certain sign that they can't serve:
   * a crash loop, memory, an image that is gone, no ready pod. Resolves to `undefined` when the signal aborts. Never rejects.
   */
  awaitTrouble(workloads: readonly KubeObject[], options: TroubleOptions): Promise<string | undefined>;
  /**
   * Watches these objects and resolves to the first reason for which one of them is not what the release needs. Resolves to
   * `undefined` when the signal aborts. Never rejects.
   */
  awaitDrift(footing: readonly Footing[], options: TroubleOptions): Promise<string | undefined>;
}

/** What whoever turns a weight into traffic says of it. */
export type Sighting =
  /** It has taken effect. */
  | { readonly kind: 'shown' }
  /** For certain the canary gets all requests or none, whatever its weight, and why. */
  | { readonly kind: 'wrong'; readonly share: 'all' | 'none'; readonly cause: string }
  /** Not in the time that it had. */
  | { readonly kind: 'not-shown'; readonly why: string }
  /** It could not be asked. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Turns a weight into traffic. The runner does not know how. */
export interface Router {
  /** Makes the routes at weight 0, proven as far as they can be before the canary can be reached. Canary pods are ready, unless they are the route. */
  open(): Promise<void>;
  /**
   * Takes over the routes of this release that another process opened, as they are: it can't write them any more. Resolves to the highest
   * weight that one of them has. Rejects with `CLUSTER_CONFLICT` where one is gone, or somebody else's by now.
   */
  rejoin(): Promise<Weight>;
  setWeight(weight: Weight): Promise<void>;
  /**
   * Waits, no longer than `limit` and one answer, until the weight that was set has taken effect, 0 after a stop. A canary that
   * gets everything has lost its routes by then. Absent where nobody can be asked. Never rejects.
   */
  awaitWeight?(weight: Weight, limit: Duration, signal?: AbortSignal): Promise<Sighting>;
  /** What the last weight has reached, one for each workload, where pods are the share. Absent where a weight is exact. */
  readonly shares?: readonly PodShare[];
  /** What the routes stand on: stable's, which split the requests with them, and their own as we write them. */
  footing(): readonly Footing[];
  /** Traffic off the canary, unconditionally and before anything else. Harmless where there is none, also before `open`. */
  stop(): Promise<void>;
  /** Removes the routes and resolves to those that were there. Traffic is already off. Harmless where there are none. */
  close(): Promise<readonly ObjectRef[]>;
}

/** Answers the checks of a release. */
export interface Metrics {
  /** From now on counts what the canary got since now, and nothing older: called when this weight has been set. */
  startWindow(weight: Weight): Promise<void>;
  /**
   * The weight of this window was seen to be in effect, so long after it was set: what is waited for because it might not be, need
   * not be waited for any longer. Absent where nothing is.
   */
  weightShown?(after: Duration): void;
  /** One measurement a check. Never rejects: not being able to ask is a measurement with verdict `error`. */
  measure(): Promise<readonly Measurement[]>;
  /** What was learnt over all windows so far, as a short text for the record; `undefined` where there is nothing to keep. */
  evidence(): string | undefined;
  /**
   * Goes on with what another process had learnt until it opened at most `windows` windows, before the first one of this process. False
   * where that can't be read: what was learnt begins anew, and only what tells false alarms goes on.
   */
  goOnWith(evidence: string | undefined, windows: number): boolean;
  /** All that the canary answered since the first window began; `undefined` where nobody can say. Never rejects. */
  total(): Promise<RequestCount | undefined>;
  /**
   * True once two scrapes in a row, both newer than the first call since `startWindow`, saw no request of the canary;
   * `undefined` where nobody can say. Never rejects.
   */
  isIdle(): Promise<boolean | undefined>;
}

/** Lock and record of a release, in the cluster. */
export interface Lock {
  /**
   * Takes the lock, or rejects with `LOCKED`, naming whose it is. Resolves to what an earlier holder left behind, if so: `takeOver` says
   * what the lock then carries instead of `record`, or throws, and all stays as it is.
   */
  take(
    record: ReleaseRecord,
    takeOver?: (left: ReleaseRecord) => ReleaseRecord,
  ): Promise<ReleaseRecord | undefined>;
  write(record: ReleaseRecord): Promise<void>;
  /** The next write says this, be it of the record or a renewal of the lock. */
  writeLater(record: ReleaseRecord): void;
  /** Gives the lock back, and takes the record away with it. */
  release(): Promise<void>;
  /** Gives the lock back and leaves this record for whoever comes next: the canary stays, parked or held. */
  leave(record: ReleaseRecord): Promise<void>;
  /** Aborted when the lock was lost to another holder: from then on nothing may be written. */
  readonly lost: AbortSignal;
}

/** The pipeline that runs us. */
export interface Pipeline {
  tell(event: ReleaseEvent): void;
  /** Aborted when the user, or a time limit, cancels the step. */
  readonly cancelled: AbortSignal;
  /** Leaves word for the post-job guard: a canary may be live, or (undefined) no longer is. */
  arm(record: ReleaseRecord | undefined): void;
}

/** The user's own servers. */
export interface Webhooks {
  /** Those that are called at this time. */
  of(when: WebhookTime): readonly Webhook[];
  /** Calls all of a time at once: one measurement each. Never rejects; ends early when the signal aborts. */
  ask(when: WebhookTime, facts: WebhookFacts, signal?: AbortSignal): Promise<readonly Measurement[]>;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after this time, or at once when the signal aborts. Never rejects. */
  sleep(time: Duration, signal?: AbortSignal): Promise<void>;
}

export interface Ports {
  readonly cluster: Cluster;
  readonly router: Router;
  readonly metrics: Metrics;
  /** Absent where nobody is to be called. */
  readonly webhooks?: Webhooks;
  readonly lock: Lock;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
}
