import type { Outcome } from '../release/outcome.ts';
import type { Verdict } from '../release/verdict.ts';

/** The type of attachment by which the tab finds the reports of a run. Each has its id for a name, and comes again when it has changed. */
export const reportAttachment = 'ambassador-canary-report';

/** How a release ended, as a person would begin to tell it, and as the step begins its verdict. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  promoted: 'Promoted',
  unchanged: 'Nothing to release',
  'first-release': 'Installed for the first time',
  live: 'The canary is live',
  planned: 'Planned',
  rejected: 'Rejected',
  'rolled-back': 'Rolled back',
  held: 'Held without traffic',
  cancelled: 'Cancelled',
  failed: 'Failed',
};

/** Whether a check asks where requests go, rather than how they are answered. */
export function isSplit(name: string): boolean {
  return /^split\b/.test(name);
}

/**
 * A release as data: what the summary, the test results and the tab are views of, and what `reportPath` holds
 * (docs/report.schema.json says the same, and a test holds one to the other). Versioned: a field may come within a version, none
 * changes its meaning. Times are ISO 8601 in UTC, lengths are seconds, shares and weights percent. All texts are cut and harmless.
 */
export interface Report {
  readonly version: 1;
  /** The same in all writings of one report. */
  readonly id: string;
  /** Rises with each writing: of two with one id the higher counts. */
  readonly revision: number;
  readonly tool: { readonly name: 'AmbassadorCanary'; readonly version: string };
  readonly run: ReportRun;
  readonly release: ReportRelease;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly state: 'running' | 'ended';
  /** Absent while it runs, as is what follows. */
  readonly endedAt?: string;
  readonly outcome?: Outcome;
  readonly result?: 'success' | 'issues' | 'failure';
  readonly failedStep?: string;
  readonly failedCheck?: string;
  /** How it ended, or what it is about, in one sentence. */
  readonly verdict: string;
  /** The canary's share of requests now, or the one that was left. */
  readonly weight: number;
  readonly length?: ReportLength;
  readonly steps: readonly ReportStep[];
  readonly checks: readonly ReportCheck[];
  /** What happened when, each write among it; the middle of a long one is left out. */
  readonly timeline: readonly TimelineEntry[];
  readonly timelineLeftOut: number;
  /** What the canary answered. Absent where nobody counted; `atLeast`: there may have been more. */
  readonly users?: { readonly requests: number; readonly failed: number; readonly atLeast?: true };
  readonly issues: readonly ReportIssue[];
  /** What is unverified or left over, and must be looked at. */
  readonly leftovers: readonly string[];
  readonly links: readonly ReportLink[];
}

export interface ReportRun {
  /** `Shop 20261121.3, stage deploy, attempt 2`. */
  readonly title: string;
  readonly url?: string;
  readonly stage?: string;
  readonly job?: string;
  readonly attempt: number;
}

export interface ReportRelease {
  readonly action: string;
  /** The names of its workloads; empty where the inputs were refused. */
  readonly name: string;
  readonly namespace: string;
  readonly kind?: 'canary' | 'first-release' | 'apply-only' | 'unchanged';
  /** `Deployment shop/web`. */
  readonly targets: readonly string[];
  /** The images of the new version. */
  readonly images: readonly string[];
}

export interface ReportLength {
  readonly plannedSeconds: number;
  readonly worstSeconds: number;
  /** What to set for the job. */
  readonly timeoutInMinutes: number;
}

export interface ReportStep {
  readonly index: number;
  readonly weightAsked: number;
  /** The share of requests that went to the canary as counted. */
  readonly weightSeen?: number;
  readonly plannedSeconds: number;
  readonly startedAt?: string;
  readonly lastedSeconds?: number;
  readonly verdict: 'planned' | 'running' | 'cancelled' | Verdict;
  readonly reason?: string;
  readonly requests?: number;
  readonly failed?: number;
  /** The last answer to each check. */
  readonly answers: readonly ReportAnswer[];
}

export interface ReportAnswer {
  readonly check: string;
  readonly verdict: Verdict;
  /** As people read it: `99.83 %`, `no requests`. */
  readonly text: string;
  readonly limit?: string;
  readonly detail?: string;
  readonly dryRun?: true;
}

/** One check over the whole release: a chart. */
export interface ReportCheck {
  readonly name: string;
  /** Of the numbers in `points`. */
  readonly unit: '%' | 'ms' | '';
  /** As people read it: `≥ 99 %`. */
  readonly limit?: string;
  /** In PromQL, to be drawn. */
  readonly query?: string;
  /** Where Prometheus draws it over the time of the release. */
  readonly url?: string;
  readonly points: readonly ReportPoint[];
  /** How many measurements are not among the points, for there were too many. */
  readonly pointsLeftOut: number;
}

export interface ReportPoint {
  readonly at: string;
  /** The canary's weight. */
  readonly weight: number;
  readonly verdict: Verdict;
  readonly text: string;
  /** Absent where there was no number, as are the others. */
  readonly value?: number;
  readonly limit?: number;
  /** The same of stable. */
  readonly stable?: number;
  /** How many of the canary's requests it rests on. */
  readonly requests?: number;
  readonly failed?: number;
  readonly detail?: string;
}

export interface TimelineEntry {
  readonly at: string;
  readonly kind:
    | 'phase'
    | 'step'
    | 'weight'
    | 'stopped'
    | 'applied'
    | 'deleted'
    | 'extended'
    | 'warning'
    | 'error'
    | 'ended';
  readonly text: string;
  /** From then on, where it changes. */
  readonly weight?: number;
}

export interface ReportIssue {
  readonly kind: 'warning' | 'error';
  readonly text: string;
}

export interface ReportLink {
  readonly kind: 'run' | 'manifest' | 'prometheus';
  readonly text: string;
  readonly url: string;
}
