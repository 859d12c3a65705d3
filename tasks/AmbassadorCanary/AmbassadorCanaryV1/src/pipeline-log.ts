import type { Commands } from './azure/commands.ts';
import type { ReleaseEvent, StampedEvent } from './release/events.ts';
import { lengthOf } from './release/length.ts';
import type { Clock, Pipeline } from './release/ports.ts';
import type { ReleaseRecord } from './release/record.ts';
import { emptyJournal, fold, type Journal } from './report/journal.ts';
import type { Line } from './report/line.ts';
import { logLines } from './report/log-lines.ts';

/** The task variable that tells the post-job guard which Leases may keep the record of a canary that is live. */
export const guardVariable = 'ambassadorCanaryRelease';

/** Tells the pipeline what happens, as it happens, and keeps the story of it. */
export class PipelineLog implements Pipeline {
  #journal: Journal = emptyJournal;
  #began = 0;

  constructor(
    private readonly commands: Commands,
    private readonly clock: Clock,
    readonly cancelled: AbortSignal,
    /** Hears the story each time that it has gone on. */
    private readonly hear: (journal: Journal) => void = () => {},
  ) {
    this.#began = clock.now();
  }

  get journal(): Journal {
    return this.#journal;
  }

  /** Takes an event into the story that the log need not tell. */
  note(event: ReleaseEvent): StampedEvent {
    const stamped = { ...event, at: this.clock.now() };
    this.#journal = fold(this.#journal, stamped);
    return stamped;
  }

  tell(event: ReleaseEvent): void {
    const stamped = this.note(event);
    for (const line of logLines(stamped, this.#journal)) this.print(line);
    this.#showProgress(event);
    this.hear(this.#journal);
  }

  arm(record: ReleaseRecord | undefined): void {
    this.commands.setTaskVariable(guardVariable, JSON.stringify(record?.locks ?? []));
  }

  print({ kind, text }: Line): void {
    this.commands[kind === 'text' ? 'line' : kind](text);
  }

  /** By the planned length: a release that is extended waits at what it had reached, for the agent never goes back. */
  #showProgress(event: ReleaseEvent): void {
    const { plan } = this.#journal;
    if (event.type !== 'measured' || plan?.kind !== 'canary') return;
    const planned = lengthOf(plan.spec).planned.milliseconds;
    const share = Math.min(95, (100 * (this.clock.now() - this.#began)) / Math.max(1, planned));
    this.commands.progress(share, `${event.weight} of the requests go to the canary`);
  }
}
