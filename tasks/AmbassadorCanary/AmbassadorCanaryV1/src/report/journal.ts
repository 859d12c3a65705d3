import type { Duration } from '../release/duration.ts';
import type { StampedEvent } from '../release/events.ts';
import type { Ending } from '../release/outcome.ts';
import type { Plan } from '../release/plan.ts';
import type { Step } from '../release/spec.ts';
import type { Measurement, RequestCount, Verdict } from '../release/verdict.ts';
import { type Awaited, awaitedAfter } from './awaited.ts';
import type { ReportIssue } from './report.ts';
import { type Series, withPoint } from './series.ts';
import { type Happening, happenings } from './timeline.ts';
import { phaseTitle, stepTitle } from './titles.ts';

/** What is known of one step. */
export interface StepEntry {
  readonly index: number;
  readonly step: Step;
  readonly startedAt: number;
  readonly lasted?: Duration;
  readonly verdict: 'running' | 'cancelled' | Verdict;
  /** Why it ended so. */
  readonly reason?: string;
  /** The last answer to each check, in the order in which they were first asked. */
  readonly latest: readonly Measurement[];
  /** The last answer to each check that had counts: one that could not be asked in the end does not undo what was seen. */
  readonly counted: readonly Measurement[];
}

/** The story of a release so far: what every view of it is made from. */
export interface Journal {
  readonly plan?: Plan;
  readonly steps: readonly StepEntry[];
  /** All that the canary answered, also between the measurements, as counted at the end. */
  readonly total?: RequestCount;
  readonly ending?: Ending;
  /** What it is about, until it ended. */
  readonly doing: string;
  readonly awaited?: Awaited;
  /** The canary's share of requests, in percent. */
  readonly weight: number;
  readonly series: readonly Series[];
  readonly timeline: readonly Happening[];
  /** Warnings and errors, each text once. */
  readonly issues: readonly ReportIssue[];
}

export const emptyJournal: Journal = {
  steps: [],
  doing: 'Reading what is to be released',
  weight: 0,
  series: [],
  timeline: [],
  issues: [],
};

/** The story with one more event. Pure: the same events always tell the same story. */
export function fold(journal: Journal, event: StampedEvent): Journal {
  const happened = happenings(event);
  const weight = happened.at(-1)?.weight ?? journal.weight;
  const timeline = happened.length > 0 ? [...journal.timeline, ...happened] : journal.timeline;
  const issues = issuesOf(event).filter(({ text }) => journal.issues.every(issue => issue.text !== text));
  const told = issues.length > 0 ? [...journal.issues, ...issues] : journal.issues;
  const { awaited: before, ...rest } = journal;
  const awaited = awaitedAfter(before, event, journal.steps.at(-1)?.step);
  const now = { ...rest, timeline, weight, issues: told, ...(awaited !== undefined && { awaited }) };
  return foldSteps(now, event);
}

function foldSteps(journal: Journal, event: StampedEvent): Journal {
  switch (event.type) {
    case 'planned':
      return { ...journal, plan: event.plan, doing: 'Planned, nothing written yet' };
    case 'phase':
      return { ...journal, doing: phaseTitle(event.phase, event.reason) };
    case 'step-started': {
      const { index, step, at } = event;
      return {
        ...journal,
        doing: stepTitle(event),
        steps: [
          ...journal.steps,
          { index, step, startedAt: at, verdict: 'running', latest: [], counted: [] },
        ],
      };
    }
    case 'measured': {
      const { at, weight, measurement } = event;
      const point = { at, weight: weight.percent, measurement };
      return changeLast({ ...journal, series: withPoint(journal.series, point) }, entry => ({
        ...entry,
        latest: withLatest(entry.latest, measurement),
        ...(measurement.requests !== undefined && { counted: withLatest(entry.counted, measurement) }),
      }));
    }
    case 'step-ended': {
      const { lasted, verdict, reason } = event;
      return changeLast(journal, entry => ({ ...entry, lasted, verdict, ...(reason !== '' && { reason }) }));
    }
    case 'counted':
      return { ...journal, total: event.count };
    case 'ended':
      return { ...journal, ending: event.ending };
    default:
      return journal;
  }
}

function issuesOf(event: StampedEvent): readonly ReportIssue[] {
  switch (event.type) {
    case 'planned':
      return event.plan.notes.map(text => ({ kind: 'warning', text }));
    case 'warning':
      return [{ kind: 'warning', text: event.text }];
    case 'step-extended':
      return [{ kind: 'warning', text: `Not clear yet at ${event.weight}: ${event.reason}` }];
    case 'failed':
      return event.errors.map(error => ({ kind: 'error', text: error.coded }));
    default:
      return [];
  }
}

/** The requests of a step, over all its workloads; `undefined` where no check has told failed ones from others. */
export function countedRequests({ counted }: StepEntry): RequestCount | undefined {
  const rates = counted.filter(({ check }) => check.startsWith('success-rate'));
  if (rates.length === 0) return undefined;
  const sum = (field: 'requests' | 'failed') => rates.reduce((total, rate) => total + (rate[field] ?? 0), 0);
  return { requests: sum('requests'), failed: sum('failed') };
}

/** What is known of the requests that the canary answered. */
export interface UsersTouched extends RequestCount {
  /** There may have been more: it was not counted to the end. */
  readonly atLeast?: true;
}

/** How many requests the canary answered in all, and how many of them failed; `undefined` where nobody counted any. */
export function usersTouched({ total, steps }: Journal): UsersTouched | undefined {
  if (total !== undefined) return total;
  const counted = steps.map(countedRequests).filter(count => count !== undefined);
  if (counted.length === 0) return undefined;
  const sum = (field: keyof RequestCount) => counted.reduce((all, count) => all + count[field], 0);
  return { requests: sum('requests'), failed: sum('failed'), atLeast: true };
}

/** What happened, in a journal or in its report. */
interface Told {
  readonly timeline: readonly Pick<Happening, 'kind' | 'weight'>[];
}

/** Whether anything was written to the cluster. */
export function hasWritten({ timeline }: Told): boolean {
  return timeline.some(({ kind }) => kind === 'applied');
}

/** Whether any request can have gone to the canary. */
export function hadUsers({ timeline }: Told): boolean {
  return timeline.some(({ kind, weight = 0 }) => kind === 'weight' && weight > 0);
}

function changeLast(journal: Journal, change: (entry: StepEntry) => StepEntry): Journal {
  const last = journal.steps.at(-1);
  return last === undefined ? journal : { ...journal, steps: [...journal.steps.slice(0, -1), change(last)] };
}

function withLatest(latest: readonly Measurement[], measurement: Measurement): readonly Measurement[] {
  const place = latest.findIndex(({ check }) => check === measurement.check);
  return place === -1 ? [...latest, measurement] : latest.with(place, measurement);
}
