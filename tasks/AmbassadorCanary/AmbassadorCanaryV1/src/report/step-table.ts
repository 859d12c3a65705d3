import type { Measurement } from '../release/verdict.ts';
import { wholeNumber } from '../release/whole-number.ts';
import { countedRequests, type Journal, type StepEntry } from './journal.ts';
import { limitText } from './measurement-line.ts';
import { type Column, tableLines } from './table.ts';
import { widestLine } from './wrap.ts';

/** More checks than this are not shown each. */
const mostChecks = 40;

/** What stands before each line. */
const indent = 2;

/** A row for each step that was taken; the checks that have no room beside the rest follow in tables of their own. */
export function stepTable({ steps }: Journal): readonly string[] {
  const told = steps.flatMap(({ latest }) => latest);
  const namesOf = (answers: readonly Measurement[]) => [...new Set(answers.map(({ check }) => check))];
  // Where requests went stands beside the weight, whenever that was first known.
  const splits = namesOf(told.filter(({ brief }) => brief !== undefined));
  const asked = namesOf(told).filter(check => !splits.includes(check));
  // Of very many those that did not always pass are what a reader looks for; the report has all.
  const unclear = namesOf(told.filter(({ verdict }) => verdict !== 'pass'));
  const checks = asked.length > mostChecks ? asked.filter(check => unclear.includes(check)) : asked;
  const first = [
    numbered('step', ({ index }) => String(index + 1), 'left'),
    numbered('weight', ({ step }) => `${step.weight}`),
    ...splits.map(name => numbered(name, entry => answerOf(entry, name)?.brief ?? '')),
  ];
  const counts = [
    numbered('time', ({ lasted }) => lasted?.toClock() ?? ''),
    numbered('requests', entry => counted(entry, 'requests')),
    numbered('failed', entry => counted(entry, 'failed')),
  ];
  const verdict = numbered('verdict', entry => entry.verdict, 'left');
  const answers = checks.map(name => numbered(name, entry => answerText(answerOf(entry, name)), 'left'));
  const fits = (columns: readonly Shown[]) =>
    linesOf(columns, steps).every(line => line.length + indent <= widestLine);
  const whole = [...first, ...counts, ...answers, verdict];
  if (answers.length === 0 || fits(whole)) return linesOf(whole, steps);
  return [
    ...linesOf([...first, ...counts, verdict], steps),
    ...rowsOfColumns(answers, columns => fits([...first, ...columns])).flatMap(columns => [
      '',
      ...linesOf([...first, ...columns], steps),
    ]),
  ];
}

interface Shown {
  readonly column: Column;
  readonly cell: (entry: StepEntry) => string;
}

function numbered(heading: string, cell: Shown['cell'], align: Column['align'] = 'right'): Shown {
  return { column: { heading, align }, cell };
}

function linesOf(columns: readonly Shown[], steps: readonly StepEntry[]): readonly string[] {
  return tableLines(
    columns.map(({ column }) => column),
    steps.map(entry => columns.map(({ cell }) => cell(entry))),
  );
}

/** As many columns a table as fit, and at least one. */
function rowsOfColumns(
  columns: readonly Shown[],
  fits: (columns: readonly Shown[]) => boolean,
): readonly (readonly Shown[])[] {
  const tables: Shown[][] = [];
  for (const column of columns) {
    const last = tables.at(-1);
    if (last !== undefined && fits([...last, column])) last.push(column);
    else tables.push([column]);
  }
  return tables;
}

function answerOf({ latest }: StepEntry, name: string): Measurement | undefined {
  return latest.find(({ check }) => check === name);
}

function answerText(answer: Measurement | undefined): string {
  return answer === undefined ? '–' : [answer.value, limitText(answer)].filter(Boolean).join(' ');
}

function counted(entry: StepEntry, field: 'requests' | 'failed'): string {
  const count = countedRequests(entry);
  return count === undefined ? '' : wholeNumber(count[field]);
}
