import { UnreadableReport } from './fields.ts';
import { type Found, latestReports, type PageState, type Unreadable } from './page-state.ts';
import { readReport } from './read-report.ts';
import type { Report } from './report.ts';
import type { Attachment, Source } from './source.ts';

export const pollMilliseconds = 5_000;

/** `setTimeout` and its like; a test has its own. */
export interface Timers {
  set(after: number, call: () => void): unknown;
  clear(timer: unknown): void;
}

/**
 * Looks at a run every five seconds while it lives and somebody sees the page, and tells each state that it finds. It looks once
 * more when the run is over, and then never again.
 */
export class Watch {
  /** Reports of releases that are over, by the name of the attachment: none of them is read again. */
  readonly #settled = new Map<string, Report>();
  #timer: unknown;
  #found: Found | undefined;
  #visible = true;
  #looking = false;
  #ended = false;
  #stopped = false;

  constructor(
    private readonly source: Source,
    private readonly tell: (state: PageState) => void,
    private readonly timers: Timers,
  ) {}

  /** Looks now. One look at a time: a slow one is not overtaken. */
  async look(): Promise<void> {
    if (this.#looking || this.#stopped) return;
    this.#looking = true;
    this.timers.clear(this.#timer);
    const state = await this.#read().catch(error =>
      this.#failure(error instanceof Error ? error.message : String(error)),
    );
    this.#looking = false;
    if (this.#stopped) return;
    this.tell(state);
    this.#plan();
  }

  /** The host page says that the run has changed, perhaps to its end or to a new attempt. */
  changed(): Promise<void> {
    this.#ended = false;
    return this.look();
  }

  /** For good: nothing is told any more. */
  stop(): void {
    this.#stopped = true;
    this.timers.clear(this.#timer);
  }

  setVisible(visible: boolean): void {
    const appears = visible && !this.#visible;
    this.#visible = visible;
    this.timers.clear(this.#timer);
    if (appears && !this.#ended) void this.look();
  }

  #plan(): void {
    if (this.#ended || !this.#visible) return;
    // Without anything to show yet, a failed look waits for the reader to try again.
    if (this.#found === undefined) return;
    this.#timer = this.timers.set(pollMilliseconds, () => void this.look());
  }

  async #read(): Promise<PageState> {
    const { attachments, runEnded } = await this.source.read(name => this.#settled.has(name));
    this.#ended = runEnded;
    this.#found = { ...this.#sorted(attachments), runEnded };
    return stateOf(this.#found);
  }

  #failure(reason: string): PageState {
    return this.#found === undefined ? { kind: 'failed', reason } : stateOf(this.#found, reason);
  }

  /** What of the attachments are reports, and what is not. */
  #sorted(attachments: readonly Attachment[]): Pick<Found, 'reports' | 'unreadable'> {
    const reports: Report[] = [];
    const unreadable: Unreadable[] = [];
    for (const { name, text } of attachments) {
      try {
        const report = readReport(text);
        reports.push(report);
        if (report.state === 'ended') this.#settled.set(name, report);
      } catch (error) {
        if (!(error instanceof UnreadableReport)) throw error;
        unreadable.push({ name: name.slice(0, 200), reason: error.message, text: text.slice(0, 20_000) });
      }
    }
    return { reports: latestReports([...this.#settled.values(), ...reports]), unreadable };
  }
}

/** What is shown of what was found; `trouble`: why there may be more by now. */
function stateOf(found: Found, trouble?: string): PageState {
  const why = trouble !== undefined && { trouble };
  if (found.reports.length + found.unreadable.length === 0)
    return { kind: 'nothing', runEnded: found.runEnded, ...why };
  return { kind: 'shown', found, ...why };
}
