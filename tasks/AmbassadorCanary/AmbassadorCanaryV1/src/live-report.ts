import { randomBytes } from 'node:crypto';
import type { Commands } from './azure/commands.ts';
import { type ReportFiles, reportFiles } from './azure/report-files.ts';
import { publishReport, storeReport } from './publish-report.ts';
import { Duration } from './release/duration.ts';
import { toCanaryErrors } from './release/errors.ts';
import type { Clock } from './release/ports.ts';
import { emptyJournal, type Journal } from './report/journal.ts';
import { makeReport } from './report/make-report.ts';
import { type Report, type ReportLink, type ReportRun, reportAttachment } from './report/report.ts';
import { leaveWord } from './report-word.ts';
import { version } from './version.ts';

/** What the inputs say of a report. */
export interface ReportOptions {
  readonly action: string;
  readonly links: readonly ReportLink[];
  /** Whether the Tests tab of the run gets the release. */
  readonly tests: boolean;
}

/** So long at least between two writings of the file, which is what a killed step leaves. */
const betweenWrites = Duration.seconds(1);
/** And so many milliseconds between two uploads. */
const betweenUploads = 10_000;

/**
 * Keeps the report of a release in a file, and with the agent for the tab, while the release goes on. Nothing waits for it, and where it
 * can't be written the release goes on without.
 */
export class LiveReport {
  readonly #id = randomBytes(8).toString('hex');
  readonly #over = new AbortController();
  readonly #startedAt: number;
  #options: ReportOptions = { action: 'run', links: [], tests: false };
  #journal: Journal = emptyJournal;
  #revision = 0;
  #files: ReportFiles | undefined;
  #uploadedAt = Number.NEGATIVE_INFINITY;
  #uploaded = 0;
  #isNew = false;
  #keeping: Promise<void> | undefined;

  constructor(
    private readonly commands: Commands,
    private readonly clock: Clock,
    private readonly run: ReportRun,
  ) {
    this.#startedAt = clock.now();
  }

  /** To be called once the inputs are known. */
  use(options: ReportOptions): void {
    this.#options = options;
  }

  /** The story has gone on. */
  note(journal: Journal): void {
    this.#journal = journal;
    this.#isNew = true;
    if (!this.#over.signal.aborted) this.#keeping ??= this.#keep();
  }

  /** Writes the report of a release that is over, and all other views of it. Resolves when the agent has been told. Never rejects. */
  async end(journal: Journal): Promise<void> {
    this.#over.abort();
    await this.#keeping;
    this.#journal = journal;
    try {
      const report = await this.#write();
      await publishReport(report, await this.#place(), this.commands, this.#options.tests);
    } catch (thrown) {
      const why = toCanaryErrors(thrown).map(({ message }) => message);
      this.commands.warning(`The report of the release could not be written: ${why.join('; ')}`);
    }
  }

  async #keep(): Promise<void> {
    // Never within the event that is told: the stop must not wait for a file.
    await this.clock.sleep(Duration.zero);
    while (!this.#over.signal.aborted) {
      try {
        if (this.#isNew) await this.#write();
        const isDue = this.clock.now() - this.#uploadedAt >= betweenUploads;
        if (isDue && this.#uploaded < this.#revision) this.#upload();
      } catch (thrown) {
        this.commands.debug(`The report could not be written: ${String(thrown)}`);
      }
      await this.clock.sleep(betweenWrites, this.#over.signal);
    }
  }

  async #write(): Promise<Report> {
    this.#isNew = false;
    const report = makeReport(this.#journal, {
      id: this.#id,
      revision: this.#revision + 1,
      version,
      run: this.run,
      action: this.#options.action,
      startedAt: this.#startedAt,
      now: this.clock.now(),
      links: this.#options.links,
    });
    const stored = await storeReport(report, (await this.#place()).report);
    this.#revision = report.revision;
    return stored;
  }

  #upload(): void {
    if (this.#files === undefined) return;
    this.#uploadedAt = this.clock.now();
    this.#uploaded = this.#revision;
    this.commands.attach(reportAttachment, this.#id, this.#files.report);
  }

  /** Where the files are. The first time the rest of the pipeline, and the guard, are told. */
  async #place(): Promise<ReportFiles> {
    if (this.#files !== undefined) return this.#files;
    this.#files = await reportFiles(this.#id);
    this.commands.output('reportPath', this.#files.report);
    leaveWord(this.commands, { path: this.#files.report, tests: this.#options.tests });
    return this.#files;
  }
}
