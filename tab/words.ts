import { outcomeWords, type Report } from './report.ts';

/** How a release looks at a glance. `lost`: the run is over, and the release never told its end. */
export type Tone = 'success' | 'issues' | 'failure' | 'running' | 'lost';

/** What the page says first of a release. */
export interface Headline {
  readonly tone: Tone;
  readonly title: string;
  /** Why, in one sentence. */
  readonly reason: string;
}

/** The verdict in a few words, and its reason. `runEnded`: nobody is at work on it any more, whatever the report says. */
export function headlineOf(report: Report, runEnded: boolean): Headline {
  if (report.state === 'running' && runEnded) {
    return {
      tone: 'lost',
      title: report.weight > 0 ? `Interrupted at ${percent(report.weight)}` : 'Interrupted',
      reason:
        'The run is over, and the release did not tell how it ended: its agent may be lost. ' +
        'The next run for the same workload takes back what this one left.',
    };
  }
  if (report.state === 'running') {
    const title = report.weight > 0 ? `Running at ${percent(report.weight)}` : 'Running';
    return { tone: 'running', title, reason: report.verdict };
  }
  return { tone: report.result ?? 'failure', title: endTitle(report), reason: endReason(report) };
}

function endTitle({ outcome, weight, steps }: Report): string {
  if (outcome === undefined) return 'Ended';
  if (outcome === 'live') return `Live at ${percent(weight)}`;
  const last = steps.findLast(({ verdict }) => verdict !== 'planned');
  const where = outcome === 'rolled-back' && last !== undefined ? ` at ${percent(last.weightAsked)}` : '';
  return `${outcomeWords[outcome]}${where}`;
}

/** The sentence without the word that the title has said. */
function endReason({ outcome, verdict }: Report): string {
  const said = outcome === undefined ? '' : `${outcomeWords[outcome]}: `;
  return verdict.startsWith(said) ? verdict.slice(said.length) : verdict;
}

/** What happens to the users of the app now: the second question of somebody who was woken up. */
export function trafficNow(report: Report, runEnded: boolean): string {
  const { state, outcome, weight } = report;
  if (state === 'running' && !runEnded)
    return weight > 0 ? 'of the requests go to the canary' : 'no request goes to the canary';
  if (state === 'running' && weight > 0) return 'of the requests may still go to the canary';
  if (weight > 0) return 'of the requests still go to the canary';
  if (outcome === 'promoted' || outcome === 'first-release') return 'the new version serves all requests';
  return 'no request goes to the canary';
}

/** `12.5 %`, `50 %`: at most two digits after the point. */
export function percent(value: number): string {
  return `${Number(value.toFixed(2))} %`;
}

/** `1 204 567`: with thin spaces, as the log has it. */
export function wholeNumber(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

/** `7 min 12 s`, `1 h 5 min`, `42 s`. */
export function lengthOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return min === 0 ? `${h} h` : `${h} h ${min} min`;
  if (min > 0) return s === 0 ? `${min} min` : `${min} min ${s} s`;
  return `${s} s`;
}

/** `02:30` or `1:02:30` since something began. */
export function elapsed(milliseconds: number): string {
  const whole = Math.max(0, Math.round(milliseconds / 1000));
  const two = (part: number) => String(part).padStart(2, '0');
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${rest}` : rest;
}

/** `14:02:07` on the reader's clock. */
export function clockTime(iso: string): string {
  const date = new Date(iso);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map(part => String(part).padStart(2, '0'))
    .join(':');
}

/** `21 Nov 2026` on the reader's calendar. */
export function day(iso: string): string {
  const date = new Date(iso);
  const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  return `${date.getDate()} ${months[date.getMonth()]} ${date.getFullYear()}`;
}

/** `1 request`, `2 requests`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${wholeNumber(count)} ${count === 1 ? one : many}`;
}
