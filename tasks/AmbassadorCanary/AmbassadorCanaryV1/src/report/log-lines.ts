import type { StampedEvent } from '../release/events.ts';
import { nameOf } from '../release/kube-object.ts';
import { isSuccess } from '../release/outcome.ts';
import type { Measurement } from '../release/verdict.ts';
import { wholeNumber } from '../release/whole-number.ts';
import type { Journal, StepEntry } from './journal.ts';
import { countedRequests, usersTouched } from './journal.ts';
import { error, type Line, section, text, warning } from './line.ts';
import { phaseTitle } from './phase-title.ts';
import { planLines } from './plan-lines.ts';
import { tableLines } from './table.ts';
import { weightTexts } from './weight-text.ts';

type Measured = Extract<StampedEvent, { readonly type: 'measured' }>;

/** What the log says of an event, in the light of the story that includes it. */
export function logLines(event: StampedEvent, journal: Journal): readonly Line[] {
  switch (event.type) {
    case 'planned':
      return planLines(event.plan);
    case 'phase':
      return [section(phaseTitle(event.phase, event.reason))];
    case 'applied':
      return [action('applied', nameOf(event.object), event.note)];
    case 'deleted':
      return [action('deleted', nameOf(event.object), event.note)];
    case 'waiting':
      return [action('waiting', event.what, event.detail)];
    case 'ready':
      return [action('ready', event.what, event.detail)];
    case 'step-started':
      return [
        section(`Step ${event.index + 1} of ${event.of}: ${event.step.weight} for ${event.step.pause}`),
      ];
    case 'weight-set':
      return weightTexts(event).map(text => action('weight', text));
    case 'measured':
      return addsNothing(event, journal) ? [] : [text(measurementLine(event, journal))];
    case 'step-extended':
      return [
        warning(`Not clear yet, staying at ${event.weight} until ${event.until.toClock()}: ${event.reason}`),
      ];
    case 'step-ended':
    case 'counted':
      return [];
    case 'stopped':
      return [action('weight', '0 %: no new request goes to the canary')];
    case 'notice':
      return [text(event.text)];
    case 'warning':
      return [warning(event.text)];
    case 'failed':
      // One alone is the reason of the ending, which the error of the step tells.
      return event.errors.length > 1 ? event.errors.map(failure => error(failure.coded)) : [];
    case 'ended':
      return endLines(journal);
  }
}

function action(verb: string, what: string, note?: string): Line {
  return text(`  ${verb.padEnd(8)} ${what}${note === undefined ? '' : `  ${note}`}`);
}

const isComparing = (check: string) => /^(errors|slowness)-vs-stable/.test(check);

/** A comparison that finds nothing is left to the table at the end, and so is one that nobody waits for, or that repeats another check. */
function addsNothing(
  { measurement: { check, verdict, detail, late } }: Measured,
  { steps }: Journal,
): boolean {
  const others = (steps.at(-1)?.latest ?? []).filter(other => !isComparing(other.check));
  return (
    isComparing(check) &&
    others.length > 0 &&
    (verdict === 'pass' ||
      late === true ||
      others.some(other => other.verdict === verdict && other.detail === detail))
  );
}

/** ` 10 %  00:30  success-rate     99.83 % ≥ 99 %      (1 204 requests)  pass`, in columns that are as wide as what was told so far and the names of the planned checks. */
function measurementLine({ weight, elapsed, measurement }: Measured, { plan, steps }: Journal): string {
  const { check, value, limit = '', verdict, dryRun, detail } = measurement;
  const told = steps.flatMap(({ latest }) => latest);
  const width = (least: number, textOf: (one: Measurement) => string) =>
    Math.max(least, ...told.map(one => textOf(one).length));
  const planned = plan?.kind === 'canary' ? plan.spec.checks.map(({ kind }) => kind.length) : [];
  const columns = [
    `${weight}`.padStart(5),
    elapsed.toClock(),
    // Of several workloads each check says whose it is.
    `${check.padEnd(width(Math.max(12, ...planned), one => one.check))} ${value.padStart(width(11, one => one.value))} ${limit.padEnd(width(8, one => one.limit ?? ''))}`,
    sampleOf(measurement).padStart(width(18, sampleOf)),
    [`${verdict}${dryRun === true ? ' (dry run)' : ''}`, detail].filter(Boolean).join(': '),
  ];
  return columns.join('  ');
}

function sampleOf({ requests }: Measurement): string {
  return requests === undefined || requests === 0 ? '' : `(${wholeNumber(requests)} requests)`;
}

function endLines(journal: Journal): readonly Line[] {
  const { ending } = journal;
  if (ending === undefined) return [];
  const { requests, failed } = usersTouched(journal);
  const lines: Line[] = [];
  if (journal.steps.length > 0) {
    lines.push(section('What happened'), ...stepTable(journal).map(line => text(`  ${line}`)));
    if (requests > 0) {
      lines.push(
        text(
          `  Users touched: ${wholeNumber(requests)} requests went to the canary, ${wholeNumber(failed)} failed`,
        ),
      );
    }
  }
  lines.push(...ending.leftovers.map(warning));
  // The result of a step that failed is shown as its error, so it is not told twice.
  if (isSuccess(ending.outcome)) lines.push(section(`${ending.outcome}: ${ending.reason}`));
  return lines;
}

function stepTable(journal: Journal): readonly string[] {
  const told = journal.steps.flatMap(({ latest }) => latest);
  const namesOf = (answers: readonly Measurement[]) => [...new Set(answers.map(({ check }) => check))];
  // Where requests went stands beside the weight, whenever that was first known.
  const splits = namesOf(told.filter(({ brief }) => brief !== undefined));
  const checks = namesOf(told).filter(check => !splits.includes(check));
  const found = (entry: StepEntry, name: string) => entry.latest.find(({ check }) => check === name);
  const columns = [
    { heading: 'step', align: 'left' },
    { heading: 'weight', align: 'right' },
    ...splits.map(heading => ({ heading, align: 'right' }) as const),
    { heading: 'time', align: 'right' },
    { heading: 'requests', align: 'right' },
    { heading: 'failed', align: 'right' },
    ...checks.map(heading => ({ heading, align: 'left' }) as const),
    { heading: 'verdict', align: 'left' },
  ] as const;
  const rows = journal.steps.map(entry => {
    const { index, step, lasted, verdict } = entry;
    const counted = countedRequests(entry);
    return [
      String(index + 1),
      `${step.weight}`,
      ...splits.map(name => found(entry, name)?.brief ?? ''),
      lasted?.toClock() ?? '',
      counted === undefined ? '' : wholeNumber(counted.requests),
      counted === undefined ? '' : wholeNumber(counted.failed),
      ...checks.map(name => {
        const answer = found(entry, name);
        return answer === undefined ? '–' : [answer.value, answer.limit].filter(Boolean).join(' ');
      }),
      verdict,
    ];
  });
  return tableLines(columns, rows);
}
