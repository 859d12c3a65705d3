import { nameOf, refOf, valueAt } from '../release/kube-object.ts';
import { lengthOf } from '../release/length.ts';
import { type Ending, isSuccess } from '../release/outcome.ts';
import type { Plan } from '../release/plan.ts';
import type { Measurement } from '../release/verdict.ts';
import { endingText } from './ending-text.ts';
import { graphUrl } from './graph-url.ts';
import { countedRequests, type Journal, type StepEntry, usersTouched } from './journal.ts';
import type {
  Report,
  ReportAnswer,
  ReportCheck,
  ReportLength,
  ReportLink,
  ReportPoint,
  ReportRelease,
  ReportRun,
  ReportStep,
  TimelineEntry,
} from './report.ts';
import { type Series, type SeriesPoint, thinned } from './series.ts';
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

/** What keeps a report below half a megabyte. */
const most = { points: 1_000, pointsOfCheck: 500, checks: 40, timeline: 300, issues: 50, detail: 300 };

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
    ...(journal.steps.length > 0 && { users }),
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
  const images = workloads.flatMap(({ canary }) => {
    const containers = valueAt(canary, 'spec', 'template', 'spec', 'containers');
    return (Array.isArray(containers) ? containers : []).map(container =>
      String(valueAt(container, 'image')),
    );
  });
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
  const { planned, worst } = lengthOf(spec);
  return {
    plannedSeconds: planned.seconds,
    worstSeconds: worst.seconds,
    timeoutInMinutes: Math.ceil(worst.seconds / 60),
  };
}

/** Those that were taken, and those that the plan still has. */
function stepsOf({ plan, steps }: Journal): readonly ReportStep[] {
  const planned = plan?.kind === 'canary' ? plan.spec.steps : [];
  const taken = steps.map(entry => stepOf(entry));
  const ahead = planned.slice(taken.length).map(({ weight, pause }, index) => ({
    index: taken.length + index,
    weightAsked: weight.percent,
    plannedSeconds: pause.seconds,
    verdict: 'planned' as const,
    answers: [],
  }));
  return [...taken, ...ahead];
}

function stepOf(entry: StepEntry): ReportStep {
  const { index, step, startedAt, lasted, verdict, reason, latest } = entry;
  const counted = countedRequests(entry);
  const seen = shareSeen(entry);
  return {
    index,
    weightAsked: step.weight.percent,
    ...(seen !== undefined && { weightSeen: seen }),
    plannedSeconds: step.pause.seconds,
    startedAt: iso(startedAt),
    ...(lasted !== undefined && { lastedSeconds: lasted.seconds }),
    verdict,
    ...(reason !== undefined && { reason }),
    ...counted,
    answers: latest.slice(0, most.checks).map(answerOf),
  };
}

/** Of several workloads the share that is furthest from what was asked. */
function shareSeen({ step, latest }: StepEntry): number | undefined {
  const shares = latest.flatMap(({ check, reading }) =>
    /^split\b/.test(check) && reading !== undefined ? [reading.value] : [],
  );
  const distance = (share: number) => Math.abs(share - step.weight.percent);
  return shares.sort((one, other) => distance(other) - distance(one))[0];
}

function answerOf({ check, verdict, value, limit, detail, dryRun }: Measurement): ReportAnswer {
  return {
    check,
    verdict,
    text: value,
    ...(limit !== undefined && { limit }),
    ...(detail !== undefined && { detail: cut(detail) }),
    ...(dryRun === true && { dryRun }),
  };
}

function checksOf({ series, plan }: Journal, { startedAt, now }: ReportFrame): readonly ReportCheck[] {
  const shown = series.slice(0, most.checks);
  const limit = Math.min(most.pointsOfCheck, Math.floor(most.points / Math.max(1, shown.length)));
  const address = plan?.spec.prometheus;
  return shown.map(one => {
    const measurements = one.points.map(({ measurement }) => measurement);
    const query = measurements.findLast(measurement => measurement.query !== undefined)?.query;
    const text = measurements.findLast(measurement => measurement.limit !== undefined)?.limit;
    const points = thinned(one.points, limit);
    return {
      name: one.check,
      unit: measurements.find(({ reading }) => reading !== undefined)?.reading?.unit ?? '',
      ...(text !== undefined && { limit: text }),
      ...(query !== undefined && { query }),
      ...(query !== undefined &&
        address?.kind === 'url' && {
          url: graphUrl(address.url, query, timeOf(one, { startedAt, now })),
        }),
      points: points.map(pointOf),
      pointsLeftOut: one.points.length - points.length,
    };
  });
}

/** From shortly before the first answer to shortly after the last: what lies around shows what is usual. */
function timeOf({ points }: Series, { startedAt, now }: Pick<ReportFrame, 'startedAt' | 'now'>) {
  const around = 2 * 60_000;
  return { from: (points[0]?.at ?? startedAt) - around, to: (points.at(-1)?.at ?? now) + around };
}

function pointOf({ at, weight, measurement }: SeriesPoint): ReportPoint {
  const { verdict, value: text, reading, requests, failed, detail } = measurement;
  return {
    at: iso(at),
    weight,
    verdict,
    text,
    ...(isNumber(reading?.value) && { value: reading.value }),
    ...(isNumber(reading?.limit) && { limit: reading.limit }),
    ...(isNumber(reading?.stable) && { stable: reading.stable }),
    ...(requests !== undefined && { requests }),
    ...(failed !== undefined && { failed }),
    ...(detail !== undefined && { detail: cut(detail) }),
  };
}

export function timelineEntry({ at, ...entry }: Happening): TimelineEntry {
  return { at: iso(at), ...entry };
}

/** How it began and how it ended are worth more than what lies between. */
function timelineOf({ timeline: all }: Journal): Pick<Report, 'timeline' | 'timelineLeftOut'> {
  const half = most.timeline / 2;
  const kept = all.length <= most.timeline ? all : [...all.slice(0, half), ...all.slice(-half)];
  return { timeline: kept.map(timelineEntry), timelineLeftOut: all.length - kept.length };
}

/** JSON has no word for an infinite one. */
function isNumber(value: number | undefined): value is number {
  return Number.isFinite(value);
}

function cut(text: string): string {
  return text.length > most.detail ? `${text.slice(0, most.detail - 1)}…` : text;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
