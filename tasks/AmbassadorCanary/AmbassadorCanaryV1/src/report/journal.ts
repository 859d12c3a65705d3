import type { Duration } from '../release/duration.ts';
import type { StampedEvent } from '../release/events.ts';
import type { Ending } from '../release/outcome.ts';
import type { Plan } from '../release/plan.ts';
import type { Step } from '../release/spec.ts';
import type { Measurement, RequestCount, Verdict } from '../release/verdict.ts';

/** What is known of one step. */
export interface StepEntry {
  readonly index: number;
  readonly step: Step;
  readonly lasted?: Duration;
  readonly verdict: 'running' | 'cancelled' | Verdict;
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
}

export const emptyJournal: Journal = { steps: [] };

/** The story with one more event. Pure: the same events always tell the same story. */
export function fold(journal: Journal, event: StampedEvent): Journal {
  switch (event.type) {
    case 'planned':
      return { ...journal, plan: event.plan };
    case 'step-started': {
      const { index, step } = event;
      return {
        ...journal,
        steps: [...journal.steps, { index, step, verdict: 'running', latest: [], counted: [] }],
      };
    }
    case 'measured':
      return changeLast(journal, entry => ({
        ...entry,
        latest: withLatest(entry.latest, event.measurement),
        ...(event.measurement.requests !== undefined && {
          counted: withLatest(entry.counted, event.measurement),
        }),
      }));
    case 'step-ended':
      return changeLast(journal, entry => ({ ...entry, lasted: event.lasted, verdict: event.verdict }));
    case 'counted':
      return { ...journal, total: event.count };
    case 'ended':
      return { ...journal, ending: event.ending };
    default:
      return journal;
  }
}

/** The requests of a step, over all its workloads; `undefined` where no check has told failed ones from others. */
export function countedRequests({ counted }: StepEntry): RequestCount | undefined {
  const rates = counted.filter(({ check }) => check.startsWith('success-rate'));
  if (rates.length === 0) return undefined;
  const sum = (field: 'requests' | 'failed') => rates.reduce((total, rate) => total + (rate[field] ?? 0), 0);
  return { requests: sum('requests'), failed: sum('failed') };
}

/** How many requests the canary answered in all, and how many of them failed: counted at the end, or at least by the checks. */
export function usersTouched(journal: Journal): RequestCount {
  if (journal.total !== undefined) return journal.total;
  const steps = journal.steps.map(countedRequests);
  return {
    requests: steps.reduce((total, step) => total + (step?.requests ?? 0), 0),
    failed: steps.reduce((total, step) => total + (step?.failed ?? 0), 0),
  };
}

function changeLast(journal: Journal, change: (entry: StepEntry) => StepEntry): Journal {
  const last = journal.steps.at(-1);
  return last === undefined ? journal : { ...journal, steps: [...journal.steps.slice(0, -1), change(last)] };
}

function withLatest(latest: readonly Measurement[], measurement: Measurement): readonly Measurement[] {
  const place = latest.findIndex(({ check }) => check === measurement.check);
  return place === -1 ? [...latest, measurement] : latest.with(place, measurement);
}
