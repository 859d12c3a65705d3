import { type Commands, harmless } from './azure/commands.ts';
import { Duration } from './release/duration.ts';
import type { ReleaseEvent, StampedEvent } from './release/events.ts';
import { lengthOf } from './release/length.ts';
import type { Clock, Pipeline } from './release/ports.ts';
import type { ReleaseRecord } from './release/record.ts';
import { waitingText } from './report/awaited.ts';
import { Gathering } from './report/gather.ts';
import { emptyJournal, fold, type Journal } from './report/journal.ts';
import { type Line, text } from './report/line.ts';
import { wrapped } from './report/wrap.ts';

/** The task variable that tells the post-job guard which Leases may keep the record of a canary that is live. */
export const guardVariable = 'ambassadorCanaryRelease';

/** Nobody should have to wonder whether the step still lives. */
const longestSilence = Duration.minutes(1);

/** Tells the pipeline what happens, as it happens, and keeps the story of it. */
export class PipelineLog implements Pipeline {
  #journal: Journal = emptyJournal;
  readonly #gathering = new Gathering();
  #began = 0;
  #printedAt = 0;

  constructor(
    private readonly commands: Commands,
    private readonly clock: Clock,
    readonly cancelled: AbortSignal,
    /** Hears the story each time that it has gone on. */
    private readonly hear: (journal: Journal) => void = () => {},
  ) {
    this.#began = clock.now();
    this.#printedAt = this.#began;
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
    this.#printAll(this.#gathering.linesOf(stamped, this.#journal));
    // All answers of a round are told at once.
    if (event.type === 'measured') queueMicrotask(() => this.#printAll(this.#gathering.flushRound()));
    this.#showProgress(event);
    this.hear(this.#journal);
  }

  arm(record: ReleaseRecord | undefined): void {
    this.commands.setTaskVariable(guardVariable, JSON.stringify(record?.locks ?? []));
  }

  print(line: Line): void {
    this.#printedAt = this.clock.now();
    // A secret that stood on two lines would not be found any more.
    for (const { kind, text } of wrapped({ ...line, text: harmless(line.text) })) {
      this.commands[kind === 'text' ? 'line' : kind](text);
    }
  }

  #printAll(lines: readonly Line[]): void {
    for (const line of lines) this.print(line);
  }

  /** Until `over` aborts: says what is awaited, and until when, where the log has said nothing for long. */
  async breakSilence(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const left = this.#printedAt + longestSilence.milliseconds - this.clock.now();
      if (left <= 0) {
        this.#printAll(this.#gathering.flush());
        const { awaited, doing } = this.#journal;
        this.print(text(waitingText(awaited, doing, this.clock.now())));
      } else await this.clock.sleep(Duration.milliseconds(left), over);
    }
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
