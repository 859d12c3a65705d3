import type { Duration } from './duration.ts';
import type { CanaryError } from './errors.ts';
import type { ObjectRef } from './kube-object.ts';
import type { Ending } from './outcome.ts';
import type { Plan } from './plan.ts';
import type { PodShare } from './pod-share.ts';
import type { Step } from './spec.ts';
import type { Measurement, RequestCount, Verdict } from './verdict.ts';
import type { Weight } from './weight.ts';

/** Where a release is. During `promoting` the canary keeps its weight, whatever happens (DESIGN, "What a release does" 7). */
export type Phase = 'starting' | 'stepping' | 'promoting' | 'rolling-back';

/** Something that happened. The journal folds these into the log, the summary and the report. */
export type ReleaseEvent =
  | { readonly type: 'planned'; readonly plan: Plan }
  | { readonly type: 'phase'; readonly phase: Phase; readonly reason?: string }
  | { readonly type: 'applied' | 'deleted'; readonly object: ObjectRef; readonly note?: string }
  /** `atMost`: counted from the first of the events that tell of the same wait. */
  | {
      readonly type: 'waiting';
      readonly what: string;
      readonly detail?: string;
      readonly atMost?: Duration;
    }
  | { readonly type: 'ready'; readonly what: string; readonly detail?: string }
  | { readonly type: 'step-started'; readonly step: Step; readonly index: number; readonly of: number }
  | {
      readonly type: 'weight-set';
      readonly weight: Weight;
      readonly routes: number;
      /** Where pods are the share: what was reached. */
      readonly shares?: readonly PodShare[];
    }
  | {
      readonly type: 'measured';
      readonly weight: Weight;
      readonly elapsed: Duration;
      readonly measurement: Measurement;
    }
  | {
      readonly type: 'step-extended';
      readonly weight: Weight;
      readonly until: Duration;
      readonly reason: string;
    }
  | {
      readonly type: 'step-ended';
      readonly index: number;
      readonly step: Step;
      readonly lasted: Duration;
      readonly verdict: Verdict | 'cancelled';
      readonly reason: string;
    }
  | { readonly type: 'stopped' }
  | { readonly type: 'counted'; readonly count: RequestCount }
  | { readonly type: 'notice' | 'warning'; readonly text: string }
  | { readonly type: 'failed'; readonly errors: readonly CanaryError[] }
  | { readonly type: 'ended'; readonly ending: Ending };

/** An event and when it happened, in milliseconds since the epoch by the release's clock. */
export type StampedEvent = ReleaseEvent & { readonly at: number };
