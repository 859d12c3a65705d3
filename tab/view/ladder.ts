import { isSplit, type Report, type ReportAnswer, type ReportStep } from '../report.ts';
import { lengthOf, percent, wholeNumber } from '../words.ts';
import { type Child, el } from './dom.ts';
import { icon } from './icons.ts';

/** The steps, one below the other: share asked and seen, time, requests, and the last answer to each check. */
export function ladder({ steps }: Report, runEnded: boolean): HTMLElement | undefined {
  if (steps.length === 0) return undefined;
  const hasSeen = steps.some(({ weightSeen }) => weightSeen !== undefined);
  const answers = steps.flatMap(step => step.answers);
  // A split that is as asked says what stands beside the weight already.
  const isTold = (name: string) =>
    hasSeen && isSplit(name) && answers.every(({ check, verdict }) => check !== name || verdict === 'pass');
  const checks = [...new Set(answers.map(({ check }) => check))].filter(name => !isTold(name));
  const heading = (text: string, kind = '') => el('th', { scope: 'col', class: kind }, text);
  return el(
    'section',
    { 'aria-labelledby': 'steps' },
    el('h2', { id: 'steps' }, 'Steps'),
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of steps' },
      el(
        'table',
        { class: 'ladder' },
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            heading('Step'),
            heading('Weight'),
            hasSeen && heading('Seen', 'number'),
            heading('Time', 'number'),
            heading('Requests', 'number'),
            heading('Failed', 'number'),
            ...checks.map(name => heading(name, 'answer')),
            heading('Verdict'),
          ),
        ),
        el('tbody', {}, ...steps.map(step => row(step, { checks, hasSeen, runEnded }))),
      ),
    ),
  );
}

interface Columns {
  readonly checks: readonly string[];
  /** Whether anybody has counted where requests went. */
  readonly hasSeen: boolean;
  readonly runEnded: boolean;
}

function row(step: ReportStep, { checks, hasSeen, runEnded }: Columns): HTMLElement {
  const { index, weightAsked, weightSeen, lastedSeconds, plannedSeconds, requests, failed, verdict } = step;
  const lost = verdict === 'running' && runEnded;
  const planned = verdict === 'planned';
  return el(
    'tr',
    { class: lost ? 'tone-lost' : `verdict-${verdict}` },
    el('th', { scope: 'row' }, String(index + 1)),
    el('td', {}, bar(weightAsked), percent(weightAsked)),
    hasSeen && number(weightSeen === undefined ? undefined : percent(weightSeen)),
    number(lastedSeconds === undefined ? lengthOf(plannedSeconds) : lengthOf(lastedSeconds), planned),
    number(requests === undefined ? undefined : wholeNumber(requests)),
    number(failed === undefined ? undefined : wholeNumber(failed)),
    ...checks.map(name => answerCell(step.answers.find(({ check }) => check === name))),
    el('td', {}, lost ? el('span', { class: 'verdict' }, icon('lost'), 'interrupted') : verdictWord(verdict)),
  );
}

function bar(weight: number): Child {
  const width = Math.min(100, Math.max(0, weight));
  const share = el('span', { class: 'share' });
  share.style.width = `${width}%`;
  return el('span', { class: 'bar', 'aria-hidden': 'true' }, share);
}

function number(text: string | undefined, quiet = false): HTMLElement {
  return el('td', { class: `number${quiet || text === undefined ? ' quiet' : ''}` }, text ?? '–');
}

function answerCell(answer: ReportAnswer | undefined): HTMLElement {
  if (answer === undefined) return el('td', { class: 'answer quiet' }, '–');
  const { verdict, text, limit, detail, dryRun } = answer;
  return el(
    'td',
    { class: `answer verdict-${verdict}` },
    el('span', { class: 'value' }, icon(verdict), text),
    limit !== undefined && el('span', { class: 'quiet' }, ` ${limit}`),
    // A pass has nothing more to say here; its chart says it.
    verdict !== 'pass' && detail !== undefined && el('span', { class: 'detail' }, detail),
    dryRun && el('span', { class: 'detail' }, 'dry run: decides nothing'),
  );
}

/** The sign and the word of a verdict. */
export function verdictWord(verdict: ReportStep['verdict']): HTMLElement {
  return el('span', { class: `verdict verdict-${verdict}` }, icon(verdict), verdict);
}
