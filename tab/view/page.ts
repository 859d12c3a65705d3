import { chartSpan } from '../chart/geometry.ts';
import type { PageState } from '../page-state.ts';
import type { Report } from '../report.ts';
import { clockTime, headlineOf } from '../words.ts';
import { checkCard } from './check-card.ts';
import { type Child, el, isShown } from './dom.ts';
import { facts, headline, notices } from './headline.ts';
import { keepPlace } from './keep-place.ts';
import { ladder } from './ladder.ts';
import { releaseList } from './releases.ts';
import { failedView, loadingView, nothingView, unreadableView } from './states.ts';
import { timeline } from './timeline.ts';

/** The page: shows one state after the other, and remembers which release the reader has chosen. */
export class Page {
  #state: PageState = { kind: 'loading' };
  #chosen: string | undefined;
  #drawn = '';
  readonly #announcer = el('p', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  readonly #main = el('main');

  constructor(
    root: HTMLElement,
    private readonly retry: () => void,
  ) {
    root.replaceChildren(this.#main, this.#announcer);
    this.#draw();
  }

  show(state: PageState): void {
    this.#state = state;
    // A look that found nothing new leaves the page alone, and whoever reads it.
    const seen = JSON.stringify(state);
    if (seen === this.#drawn) return;
    this.#drawn = seen;
    this.#draw();
  }

  #draw(): void {
    keepPlace(this.#main, () => this.#main.replaceChildren(...this.#content().filter(isShown)));
  }

  #content(): readonly Child[] {
    const state = this.#state;
    switch (state.kind) {
      case 'loading':
        return [loadingView()];
      case 'failed':
        return [failedView(state.reason, this.retry)];
      case 'nothing':
        return [nothingView(state.runEnded, state.trouble)];
      case 'shown':
        return this.#releases(state);
    }
  }

  #releases({ found, trouble }: Extract<PageState, { readonly kind: 'shown' }>): readonly Child[] {
    const { reports, unreadable, runEnded } = found;
    const chosen = this.#choice(reports);
    if (chosen !== undefined) this.#announce(chosen, runEnded);
    return [
      trouble !== undefined &&
        el('p', { class: 'trouble', role: 'status' }, `The last look failed: ${trouble}`),
      chosen &&
        releaseList(reports, chosen.id, runEnded, id => {
          this.#chosen = id;
          this.#draw();
        }),
      ...(chosen ? releaseView(chosen, runEnded) : [el('h1', {}, 'No report that can be shown')]),
      ...unreadable.map(unreadableView),
    ];
  }

  /** The reader's choice while it is there; else one that runs, else the newest. */
  #choice(reports: readonly Report[]): Report | undefined {
    return (
      reports.find(({ id }) => id === this.#chosen) ??
      reports.find(({ state }) => state === 'running') ??
      reports[0]
    );
  }

  /** Says what changed to those who do not see it change. */
  #announce(report: Report, runEnded: boolean): void {
    const { title, reason } = headlineOf(report, runEnded);
    const text = `${report.release.name || 'Release'}: ${title}. ${reason}`;
    if (this.#announcer.textContent !== text) this.#announcer.textContent = text;
  }
}

function releaseView(report: Report, runEnded: boolean): readonly Child[] {
  const span = chartSpan(report);
  const isFailed = (name: string) => name === report.failedCheck;
  // What was it? The check that failed comes first.
  const checks = report.checks.toSorted((a, b) => Number(isFailed(b.name)) - Number(isFailed(a.name)));
  return [
    headline(report, runEnded),
    facts(report, runEnded),
    notices(report),
    ladder(report, runEnded),
    checks.length > 0 &&
      el(
        'section',
        { 'aria-labelledby': 'checks' },
        el('h2', { id: 'checks' }, 'Checks'),
        el(
          'div',
          // Two rows of two rather than three and one.
          { class: checks.length % 3 === 1 ? 'checks pairs' : 'checks' },
          ...checks.map(check => checkCard(check, report.steps, span, isFailed(check.name))),
        ),
      ),
    timeline(report),
    el(
      'footer',
      { class: 'quiet' },
      `Report of AmbassadorCanary ${report.tool.version}, as of ${clockTime(report.updatedAt)}. `,
      download(report),
    ),
  ];
}

/** The report as a file, for those who want to count themselves. */
function download(report: Report): HTMLElement {
  const button = el('button', { type: 'button', class: 'plain', 'data-key': 'download' }, 'Download it');
  button.addEventListener('click', () => {
    const url = URL.createObjectURL(
      new Blob([JSON.stringify(report, undefined, 2)], { type: 'application/json' }),
    );
    el('a', { href: url, download: 'canary-report.json' }).click();
    URL.revokeObjectURL(url);
  });
  return button;
}
