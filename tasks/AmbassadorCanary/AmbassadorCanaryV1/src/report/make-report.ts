import { nameOf, refOf } from '../release/kube-object.ts';
import { lengthOf } from '../release/length.ts';
import { type Ending, isSuccess } from '../release/outcome.ts';
import type { Plan } from '../release/plan.ts';
import { endingText } from './ending-text.ts';
import { imagesOf } from './images.ts';
import { type Journal, usersTouched } from './journal.ts';
import { iso, most } from './limits.ts';
import type { Report, ReportLength, ReportLink, ReportRelease, ReportRun, TimelineEntry } from './report.ts';
import { checksOf } from './report-checks.ts';
import { stepsOf } from './report-steps.ts';
import type { Happening } from './timeline.ts';

/** What of a report does not come from the events of its release. */
export interface ReportFrame {
  readonly id: string;
  readonly revision: number;
  readonly version: string;
  readonly run: ReportRun;
  readonly action: string;
  /** By the clock of the events. */
  readonly startedAt: number;
  readonly now: number;
  readonly links: readonly ReportLink[];
}

/** The report of a story so far. Its texts are as they came: `cleanReport` makes them harmless. */
export function makeReport(journal: Journal, frame: ReportFrame): Report {
  const { plan, ending } = journal;
  const { timeline, timelineLeftOut } = timelineOf(journal);
  const users = usersTouched(journal);
  return {
    version: 1,
    id: frame.id,
    revision: frame.revision,
    tool: { name: 'AmbassadorCanary', version: frame.version },
    run: frame.run,
    release: releaseOf(plan, frame.action),
    startedAt: iso(frame.startedAt),
    updatedAt: iso(frame.now),
    ...endOf(ending, frame.now),
    verdict: ending === undefined ? journal.doing : endingText(ending),
    weight: journal.weight,
    ...(plan?.kind === 'canary' && { length: lengthOfPlan(plan) }),
    steps: stepsOf(journal),
    checks: checksOf(journal, frame),
    timeline,
    timelineLeftOut,
    ...(users !== undefined && { users }),
    issues: journal.issues.slice(0, most.issues),
    leftovers: (ending?.leftovers ?? []).slice(0, most.issues),
    links: frame.links,
  };
}

function endOf(
  ending: Ending | undefined,
  now: number,
): Pick<Report, 'state' | 'endedAt' | 'outcome' | 'result' | 'failedStep' | 'failedCheck'> {
  if (ending === undefined) return { state: 'running' };
  const { outcome, failedStep, failedCheck, leftovers } = ending;
  const success = leftovers.length > 0 ? 'issues' : 'success';
  return {
    state: 'ended',
    endedAt: iso(now),
    outcome,
    result: isSuccess(outcome) ? success : 'failure',
    ...(failedStep !== undefined && { failedStep }),
    ...(failedCheck !== undefined && { failedCheck }),
  };
}

function releaseOf(plan: Plan | undefined, action: string): ReportRelease {
  if (plan === undefined) return { action, name: '', namespace: '', targets: [], images: [] };
  const { kind, name, namespace } = plan;
  const workloads = plan.kind === 'canary' ? plan.workloads : [];
  const images = workloads.flatMap(({ canary }) => imagesOf(canary));
  const others = plan.kind === 'first-release' || plan.kind === 'apply-only' ? plan.objects : [];
  const targets = [
    ...workloads.map(({ stable }) => nameOf(stable)),
    ...others.map(({ object }) => nameOf(refOf(object))),
  ];
  return {
    action,
    name,
    namespace,
    kind,
    targets: targets.slice(0, most.issues),
    images: images.slice(0, most.issues),
  };
}

function lengthOfPlan({ spec }: Plan): ReportLength {
  const { planned, worst, timeoutInMinutes } = lengthOf(spec);
  return {
    plannedSeconds: planned.seconds,
    worstSeconds: worst.seconds,
    timeoutInMinutes,
  };
}

/** A happening with its time as reports have it. */
export function timelineEntry({ at, ...entry }: Happening): TimelineEntry {
  return { at: iso(at), ...entry };
}

/** How it began and how it ended are worth more than what lies between. */
function timelineOf({ timeline: all }: Journal): Pick<Report, 'timeline' | 'timelineLeftOut'> {
  const half = most.timeline / 2;
  const kept = all.length <= most.timeline ? all : [...all.slice(0, half), ...all.slice(-half)];
  return { timeline: kept.map(timelineEntry), timelineLeftOut: all.length - kept.length };
}
