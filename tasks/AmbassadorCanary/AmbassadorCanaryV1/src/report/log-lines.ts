import type { StampedEvent } from '../release/events.ts';
import { nameOf } from '../release/kube-object.ts';
import { isSuccess } from '../release/outcome.ts';
import { wholeNumber } from '../release/whole-number.ts';
import { nowText, usersText } from './ending-text.ts';
import { countedRequests, hadUsers, hasWritten, type Journal, usersTouched } from './journal.ts';
import { endGroup, error, group, type Line, section, text, warning } from './line.ts';
import { addsNothing, measurementLines } from './measurement-line.ts';
import { planLines } from './plan-lines.ts';
import { stepTable } from './step-table.ts';
import { phaseTitle, stepTitle } from './titles.ts';
import { weightTexts } from './weight-text.ts';

/** What the log says of an event, in the light of the story that includes it. */
export function logLines(event: StampedEvent, journal: Journal): readonly Line[] {
  switch (event.type) {
    case 'planned':
      return planLines(event.plan);
    case 'phase':
      return [section(phaseTitle(event.phase, event.reason))];
    case 'applied':
      return [actionLine('applied', nameOf(event.object), event.note)];
    case 'deleted':
      return [actionLine('deleted', nameOf(event.object), event.note)];
    case 'waiting':
      return [actionLine('waiting', event.what, event.detail)];
    case 'ready':
      return [actionLine('ready', event.what, event.detail)];
    case 'step-started':
      return [group(stepTitle(event))];
    case 'weight-set':
      return weightTexts(event).map(text => actionLine('weight', text));
    case 'measured':
      return addsNothing(event, journal) ? [] : measurementLines(event, journal).map(text);
    case 'step-extended':
      return [
        warning(`Not clear yet, staying at ${event.weight} until ${event.until.toClock()}: ${event.reason}`),
      ];
    case 'step-ended':
      return [endGroup, stepResult(event, journal)];
    case 'counted':
      return [];
    case 'stopped':
      return [actionLine('weight', '0 %: no new request goes to the canary')];
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

/** `  applied  Service shop/web-canary  new` */
export function actionLine(verb: string, what: string, note?: string): Line {
  return text(`  ${verb.padEnd(8)} ${what}${note === undefined ? '' : `  ${note}`}`);
}

/** What a reader needs of a step whose lines are folded away. */
function stepResult(
  { step, lasted, verdict }: Extract<StampedEvent, { type: 'step-ended' }>,
  { steps }: Journal,
): Line {
  const entry = steps.at(-1);
  const counted = entry === undefined ? undefined : countedRequests(entry);
  const seen = entry?.latest.flatMap(({ brief }) => (brief === undefined ? [] : [`${brief} seen`])) ?? [];
  const facts = [
    `${step.weight} for ${lasted.toClock()}`,
    ...seen,
    ...(counted === undefined
      ? []
      : [`${wholeNumber(counted.requests)} requests`, `${wholeNumber(counted.failed)} failed`]),
  ];
  return actionLine(verdict === 'inconclusive' ? 'unclear' : verdict, facts.join(', '));
}

function endLines(journal: Journal): readonly Line[] {
  const { ending, plan, steps } = journal;
  if (ending === undefined) return [];
  const lines: Line[] = [];
  if (steps.length > 0) {
    lines.push(section('What happened'), ...stepTable(journal).map(line => text(line && `  ${line}`)));
    const users = usersTouched(journal);
    if (hadUsers(journal) || users !== undefined) lines.push(text(`  Users touched: ${usersText(users)}`));
  }
  if (hasWritten(journal))
    lines.push(text(`  ${nowText({ ...ending, ...(plan && { kind: plan.kind }), hasWritten: true })}`));
  lines.push(...ending.leftovers.map(warning));
  // The result of a step that failed is shown as its error, so it is not told twice.
  if (isSuccess(ending.outcome)) lines.push(section(`${ending.outcome}: ${ending.reason}`));
  return lines;
}
