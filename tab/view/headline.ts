import type { Report } from '../report.ts';
import { clockTime, counted, day, headlineOf, lengthOf, percent, trafficNow, wholeNumber } from '../words.ts';
import { type Child, el, link } from './dom.ts';
import { icon } from './icons.ts';

/** The verdict first, with what somebody who was woken up asks next: was anyone hurt, is it over, what was it. */
export function headline(report: Report, runEnded: boolean): HTMLElement {
  const { tone, title, reason } = headlineOf(report, runEnded);
  return el(
    'header',
    { class: `headline tone-${tone}` },
    icon(tone),
    el(
      'div',
      {},
      el('h1', { tabindex: -1 }, title),
      el('p', { class: 'reason' }, reason),
      whereabouts(report),
    ),
  );
}

function whereabouts({ release, run, startedAt }: Report): HTMLElement {
  const target = release.targets.length > 0 ? release.targets.join(', ') : release.name;
  const parts: readonly Child[] = [
    target,
    run.url === undefined ? run.title : link(run.url, run.title),
    `${day(startedAt)}, ${clockTime(startedAt)}`,
  ];
  const known = parts.filter(part => part !== '');
  return el(
    'p',
    { class: 'quiet' },
    ...known.flatMap((part, index) => (index === 0 ? [part] : ['  ·  ', part])),
  );
}

/** The numbers that matter, each with its name. */
export function facts(report: Report, runEnded: boolean): HTMLElement {
  const { weight, startedAt, endedAt, updatedAt, length, release } = report;
  const lasted = (Date.parse(endedAt ?? updatedAt) - Date.parse(startedAt)) / 1_000;
  return el(
    'dl',
    { class: 'facts' },
    usersFact(report, runEnded),
    fact('Canary now', percent(weight), trafficNow(report, runEnded)),
    fact(
      endedAt === undefined ? 'Running for' : 'Took',
      lengthOf(lasted),
      length && `planned ${lengthOf(length.plannedSeconds)}, at most ${lengthOf(length.worstSeconds)}`,
    ),
    release.images.length > 0 &&
      fact('New version', versionOf(release.images[0] ?? ''), release.images.join(', ')),
  );
}

/** Was anyone hurt? That nobody knows is an answer, too. */
function usersFact({ users, steps, state, result }: Report, runEnded: boolean): Child {
  const runs = state === 'running' && !runEnded;
  if (users === undefined) {
    const began = steps.some(({ startedAt }) => startedAt !== undefined);
    return began && !runs && fact('Users touched', 'not known', 'nobody counted the requests of the canary');
  }
  const { requests, failed, atLeast } = users;
  const failures = `${wholeNumber(failed)} failed, ${percent((100 * failed) / requests)}`;
  return fact(
    runs ? 'Users touched so far' : 'Users touched',
    `${atLeast === true && !runs ? 'at least ' : ''}${counted(requests, 'request')}`,
    requests === 0 ? 'the canary answered none' : failures,
    failed > 0 && result === 'failure',
  );
}

function fact(name: string, value: string, note?: string, hurt = false): HTMLElement {
  return el(
    'div',
    { class: hurt ? 'fact hurt' : 'fact' },
    el('dt', {}, name),
    el('dd', { class: 'value' }, value),
    note !== undefined && note !== value && el('dd', { class: 'note' }, note),
  );
}

/** The tag of an image, or the start of its digest. */
function versionOf(image: string): string {
  const [name = '', digest] = image.split('@');
  const tag = name.split('/').at(-1)?.split(':')[1];
  return tag ?? digest?.slice(0, 19) ?? image;
}

/** What has to be looked at, and what was warned of; nothing where there is nothing. */
export function notices({ leftovers, issues, links }: Report): HTMLElement {
  const told = issues.filter(({ text }) => !leftovers.includes(text));
  return el(
    'div',
    { class: 'notices' },
    leftovers.length > 0 &&
      el('section', { class: 'notice tone-issues' }, el('h2', {}, 'To look at'), list(leftovers)),
    told.length > 0 &&
      el(
        'section',
        { class: `notice tone-${told.some(({ kind }) => kind === 'error') ? 'failure' : 'issues'}` },
        el('h2', {}, told.some(({ kind }) => kind === 'error') ? 'Errors and warnings' : 'Warnings'),
        list(told.map(({ kind, text }) => (kind === 'error' ? `Error: ${text}` : text))),
      ),
    links.length > 0 &&
      el(
        'nav',
        { class: 'links', 'aria-label': 'Elsewhere' },
        ...links.map(({ url, text }) => link(url, text)),
      ),
  );
}

function list(texts: readonly string[]): HTMLElement {
  return el('ul', {}, ...texts.map(text => el('li', {}, text)));
}
