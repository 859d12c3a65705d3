import type { Unreadable } from '../page-state.ts';
import { el } from './dom.ts';

export function loadingView(): HTMLElement {
  return el(
    'div',
    { class: 'state state-loading', role: 'status' },
    el('span', { class: 'spinner', 'aria-hidden': 'true' }),
    el('p', {}, 'Looking for canary releases of this run …'),
  );
}

/** Nothing is not a failure: the run may not have come there yet, or had no reason to. */
export function nothingView(runEnded: boolean, trouble: string | undefined): HTMLElement {
  if (!runEnded)
    return el(
      'div',
      { class: 'state state-nothing', role: 'status' },
      el('h1', {}, 'No canary release yet'),
      el('p', {}, 'The step has not published anything so far. This page looks again every 5 seconds.'),
      trouble !== undefined && el('p', { class: 'trouble' }, `The last look failed: ${trouble}`),
    );
  return el(
    'div',
    { class: 'state state-nothing' },
    el('h1', {}, 'Nothing was published'),
    el('p', {}, 'This run is over, and its canary step left no report. That happens when the step'),
    el(
      'ul',
      {},
      el('li', {}, 'was skipped, because a step before it failed or its condition was false;'),
      el('li', {}, 'was stopped before it began, by a lost agent for example;'),
      el(
        'li',
        {},
        'runs with ',
        el('code', {}, 'target: commands: restricted'),
        ', which refuses attachments.',
      ),
    ),
    el('p', {}, 'The log of the step says which.'),
  );
}

export function failedView(reason: string, retry: () => void): HTMLElement {
  const button = el('button', { type: 'button', class: 'primary', 'data-key': 'retry' }, 'Try again');
  button.addEventListener('click', retry);
  return el(
    'div',
    { class: 'state state-failed', role: 'alert' },
    el('h1', {}, 'The reports could not be loaded'),
    el('p', { class: 'reason' }, reason),
    el('p', {}, 'This says nothing about the release itself: its log and its summary are still there.'),
    button,
  );
}

/** What was published and cannot be read: told, and shown as it is. */
export function unreadableView({ name, reason, text }: Unreadable): HTMLElement {
  return el(
    'section',
    { class: 'notice tone-issues' },
    el('h2', {}, 'A report that this page cannot read'),
    el('p', {}, `${name}: ${reason}. Another version of the step may have written it.`),
    el(
      'details',
      { 'data-key': `raw ${name}` },
      el('summary', {}, 'Its text'),
      el('pre', { tabindex: 0 }, text),
    ),
  );
}
